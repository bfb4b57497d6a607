"""How what the API shows is made of domain objects: their fields by name, links for objects."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from msgspec import Struct

from functions.api.found_shapes import (
    EvidenceView,
    FindingView,
    LabelView,
    PieceView,
    RecommendationView,
    SearchHitView,
    SegmentView,
    TagView,
)
from functions.api.shapes import (
    Capabilities,
    MediaView,
    Progress,
    RelatedView,
    RenditionView,
    SourceView,
    StageTiming,
    VideoStreamView,
    VideoView,
)
from shared.domain.attempt import Attempt
from shared.domain.identity import object_prefix
from shared.domain.labels import Label
from shared.domain.media import MediaInfo
from shared.domain.records import Evidence, Finding, ObjectRef, Recommendation, Rendition, Segment, Tag
from shared.domain.search_excerpt import excerpt
from shared.domain.video import Video
from shared.ports.video_repository import SearchHit

__all__ = ["Link", "Views", "moment_url", "timings"]

V = TypeVar("V", bound=Struct)

Link: TypeAlias = Callable[[str], str]
"""Makes the link to a media file of its name."""

_CAPABILITIES = {"playable": "transcode", "tagged": "tag", "searchable": "tag"}
"""What a viewer can do with a video, and the stage whose results make it possible."""


class Views:
    """Makes views of domain objects.

    Args:
        link: Makes links to media files.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def video(self, video: Video) -> VideoView:
        """Returns a video as lists and its own page show it."""
        lease, source = video.lease, video.source
        return VideoView(
            id=video.id,
            owner=video.owner,
            title=video.title,
            description=video.details.description,
            metadata=dict(video.details.metadata),
            source=SourceView(name=source.name, size_bytes=source.size_bytes, generation=source.generation),
            kind=video.media.kind if video.media else None,
            status=video.status,
            run=video.run,
            failure=video.failure,
            progress=Progress(stage=lease.stage, fraction=lease.progress) if lease else None,
            capabilities=Capabilities(**{name: stage in video.results for name, stage in _CAPABILITIES.items()}),
            media=_media(video.media) if video.media else None,
            poster_url=self._made(video, "transcode", "poster.jpg"),
            preview_url=self._made(video, "segment", "preview.mp4"),
            created_at=video.created_at,
            updated_at=video.updated_at,
        )

    def rendition(self, rendition: Rendition) -> RenditionView:
        """Returns a rendition's view."""
        fps_decimal = None if rendition.fps is None else float(rendition.fps)
        return _view(RenditionView, rendition, fps_decimal=fps_decimal, url=self._link(rendition.object.name))

    def segment(self, segment: Segment) -> SegmentView:
        """Returns a segment's view."""
        return _view(SegmentView, segment, keyframe_url=self._picture(segment.keyframe))

    def tag(self, tag: Tag) -> TagView:
        """Returns a tag's view."""
        return _view(TagView, tag, evidence=self._evidence(tag.evidence))

    def label(self, label: Label) -> LabelView:
        """Returns the view of what a person said about a tag."""
        return _view(LabelView, label, evidence=self._evidence(label.evidence))

    def recommendation(self, recommendation: Recommendation) -> RecommendationView:
        """Returns a recommendation's view."""
        return _view(RecommendationView, recommendation, frame_url=self._picture(recommendation.frame))

    def related(self, recommendation: Recommendation, other: Video) -> RelatedView:
        """Returns the view of another video and why it is recommended."""
        return RelatedView(
            id=other.id,
            title=other.title,
            kind=other.media.kind if other.media else None,
            poster_url=self._made(other, "transcode", "poster.jpg"),
            preview_url=self._made(other, "segment", "preview.mp4"),
            duration_s=other.media.duration_s if other.media else None,
            reason=recommendation.reason,
            score=recommendation.score,
        )

    def finding(self, finding: Finding) -> FindingView:
        """Returns a finding's view."""
        return _view(FindingView, finding, frame_url=self._picture(finding.frame))

    def search_hit(self, hit: SearchHit, query: str) -> SearchHitView:
        """Returns the view of what a query has found."""
        pieces = tuple(_view(PieceView, piece) for piece in excerpt(query, hit.text))
        how: Any = None if hit.fit is None else hit.fit.name.lower()
        return _view(SearchHitView, hit, excerpt=pieces, fit=how, url=moment_url(hit.video_id, hit.start_s))

    def _evidence(self, evidence: Sequence[Evidence]) -> tuple[EvidenceView, ...]:
        return tuple(_view(EvidenceView, one, frame_url=self._picture(one.frame)) for one in evidence)

    def _picture(self, picture: ObjectRef | None) -> str | None:
        return None if picture is None else self._link(picture.name)

    def _made(self, video: Video, stage: str, name: str) -> str | None:
        # By its name alone, so that a list of videos need not read the records of each.
        key = video.results.get(stage)
        if key is None or (video.media is not None and video.media.kind == "audio"):
            return None
        return self._link(f"{object_prefix(video.id, key)}{name}")


def moment_url(video_id: str, start_s: float) -> str:
    """Returns the path on this server that opens the console at a second of a video."""
    # Never after it, by rounding.
    return f"/#/videos/{quote(video_id, safe='')}?t={math.floor(start_s * 100) / 100:.2f}"


def timings(attempts: Sequence[Attempt], run: int) -> dict[str, StageTiming]:
    """Returns what each stage took in a run."""
    by_stage: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.run == run:
            by_stage.setdefault(attempt.stage, []).append(attempt)
    return {
        stage: StageTiming(
            attempts=len(tried),
            wall_s=sum(attempt.cost.wall_s for attempt in tried),
            cpu_s=sum(attempt.cost.cpu_s for attempt in tried),
            started_at=tried[0].started_at,
            ended_at=tried[-1].ended_at,
        )
        for stage, tried in by_stage.items()
    }


def _view(kind: type[V], shown: object, **computed: object) -> V:
    """Returns a view with the fields of what it shows, and others that are computed."""
    names = [name for name in kind.__struct_fields__ if name not in computed]
    return kind(**{name: getattr(shown, name) for name in names}, **computed)


def _media(media: MediaInfo) -> MediaView:
    picture = media.video[0] if media.video else None
    width, height = picture.display_size if picture else (None, None)
    return _view(
        MediaView,
        media,
        video=tuple(_view(VideoStreamView, stream) for stream in media.video),
        display_width=width,
        display_height=height,
        fps_decimal=float(picture.fps) if picture else None,
    )
