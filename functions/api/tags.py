"""The tags of a video as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from functions.api.access import OwnedVideos
from functions.api.views import TagView
from shared.domain.corrections import CORRECTED_STAGE, corrected_tags
from shared.domain.records import Tag
from shared.domain.video import Video

__all__ = ["Tags", "shown_tags"]


class Tags(Struct, frozen=True):
    """Tags with their evidence, surest first."""

    tags: tuple[TagView, ...]


def shown_tags(videos: OwnedVideos, video: Video) -> Sequence[Tag]:
    """Returns a video's tags; as long as the pipeline has found none, those that people gave it."""
    if CORRECTED_STAGE in video.results:
        return videos.records(video, Tag)
    return corrected_tags((), video.tag_edits, video.media.duration_s if video.media else 0.0)
