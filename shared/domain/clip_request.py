"""From a request for a clip to the clip, by what is known of the video now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.clip_choice import REEL_S, Described, choose
from shared.domain.clips import Clip, new_clip
from shared.domain.errors import NotFound, PermanentError
from shared.domain.records import ObjectRef, Recommendation, Rendition, Segment
from shared.domain.status import FAILED, READY
from shared.domain.video import Video

__all__ = ["ClipRequest", "expected_bytes", "requested_clip"]

_GROWTH: Final = 2.0
"""What a clip takes at most, more or less, of the bytes that its source has for the same seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """What somebody asks for.

    Attributes:
        segment: Which part of a video; see choose().
        max_s: Seconds that highlights together may last.
        vertical: Whether only the recommended window of 9:16 is kept.
    """

    segment: str
    max_s: float = REEL_S
    vertical: bool = False


def requested_clip(
    request: ClipRequest,
    video: Video,
    *,
    segments: Sequence[Segment],
    recommendations: Sequence[Recommendation],
    renditions: Sequence[Rendition],
    now: datetime,
) -> Clip:
    """Returns the clip that a request is for, due at once.

    Args:
        request: What somebody asks for.
        video: Of which video.
        segments: Its segments.
        recommendations: What is recommended about it.
        renditions: Its renditions.
        now: The time.

    Raises:
        NotFound: The video has no such part.
        PermanentError: ``not_ready``: it is not processed to its end; ``bad_segment``: that is no part of a video.
    """
    media = video.media
    if video.status != READY or media is None:
        raise PermanentError("not_ready", f"Clips are made of videos that are ready; {_not_ready(video)}")
    if request.vertical and not media.video:
        raise PermanentError(
            "bad_segment", "There are no pictures to make upright. Ask for the clip without that."
        )
    known = Described(duration_s=media.duration_s, segments=segments, recommendations=recommendations)
    choice = choose(request.segment, known, max_s=request.max_s, vertical=request.vertical)
    return new_clip(video, _download_of(renditions), choice, now)


def expected_bytes(clip: Clip, video: Video) -> int:
    """Returns how many bytes a clip will take at most, more or less."""
    whole_s = video.media.duration_s if video.media else clip.length_s
    return round(_GROWTH * clip.source.size_bytes * min(clip.length_s / whole_s, 1.0))


def _not_ready(video: Video) -> str:
    if video.status == FAILED:
        return "this one has failed. Replay it first."
    return f"this one is {video.status} so far, in run {video.run}. Ask again once it is ready."


def _download_of(renditions: Sequence[Rendition]) -> ObjectRef:
    for rendition in renditions:
        if rendition.kind == "mp4":
            return rendition.object
    raise NotFound("The video has no file for download to cut from. Replay it from transcode.")
