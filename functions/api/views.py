"""How the API shows videos and the records that stages leave: the fields of the domain, links for objects.

Times are seconds on the source's timeline; intervals are half-open ``[start_s, end_s)``; frames are 0-based.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct

from shared.domain.attempt import Attempt
from shared.domain.identity import object_prefix
from shared.domain.media import AudioStream, MediaInfo, SubtitleStream
from shared.domain.records import (
    Finding,
    Modality,
    ObjectRef,
    Recommendation,
    Rendition,
    SearchSource,
    Segment,
    SegmentKind,
    Tag,
    Transition,
)
from shared.domain.video import Failure, Video
from shared.ports.video_repository import SearchHit

__all__ = [
    "Capabilities",
    "EvidenceView",
    "FindingView",
    "Link",
    "MediaView",
    "Progress",
    "RecommendationView",
    "RelatedView",
    "RenditionView",
    "SearchHitView",
    "SegmentView",
    "StageTiming",
    "TagView",
    "VideoView",
    "Views",
    "timings",
]

V = TypeVar("V", bound=Struct)

Link: TypeAlias = Callable[[str], str]
"""Makes the link to a media file of its name."""


class SourceView(Struct, frozen=True):
    """The uploaded file."""

    name: str
    size_bytes: int
    generation: int


class Capabilities(Struct, frozen=True):
    """What can be done with the video already, while later stages may still run."""

    playable: bool
    searchable: bool
    tagged: bool


class Progress(Struct, frozen=True):
    """The stage that is running and how far it is, 0..1."""

    stage: str
    fraction: float


class VideoStreamView(Struct, frozen=True):
    """One picture stream; its size is as coded, before rotation (degrees clockwise) and pixel aspect."""

    index: int
    codec: str
    profile: str
    width: int
    height: int
    sample_aspect: Fraction
    rotation: int
    fps: Fraction
    variable_fps: bool
    frames: int | None
    duration_s: float
    pixel_format: str
    bit_depth: int
    color_primaries: str
    color_transfer: str
    color_space: str
    color_range: str
    hdr: str
    interlaced: bool
    bitrate_bps: int | None


class MediaView(Struct, frozen=True):
    """What probing the source found. The display size is upright, with square pixels."""

    container: str
    duration_s: float
    size_bytes: int
    title: str
    video: tuple[VideoStreamView, ...]
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleStream, ...]
    display_width: int
    display_height: int
    fps_decimal: float


class VideoView(Struct, frozen=True):
    """A video. What was made of it and found in it has routes of its own."""

    id: str
    owner: str
    title: str
    description: str
    metadata: dict[str, str]
    source: SourceView
    status: str
    run: int
    failure: Failure | None
    progress: Progress | None
    capabilities: Capabilities
    media: MediaView | None
    poster_url: str | None
    created_at: datetime
    updated_at: datetime


class StageTiming(Struct, frozen=True):
    """What a stage took in the current run, all its attempts together."""

    attempts: int
    wall_s: float
    cpu_s: float
    started_at: datetime
    ended_at: datetime | None


class RenditionView(Struct, frozen=True):
    """One playable encoding: ``video`` without sound, ``audio``, or ``mp4`` with both for download.

    ``fps`` is the exact fraction, ``fps_decimal`` the same as a number.
    """

    name: str
    kind: Literal["video", "audio", "mp4"]
    codec: str
    width: int | None
    height: int | None
    fps: Fraction | None
    fps_decimal: float | None
    frames: int | None
    duration_s: float
    bitrate_bps: int
    object: ObjectRef
    url: str


class SegmentView(Struct, frozen=True):
    """A span of the video; frames and transition are a shot's."""

    kind: SegmentKind
    index: int
    start_s: float
    end_s: float
    start_frame: int | None
    end_frame: int | None
    transition_in: Transition | None
    scene: int | None
    keyframe_url: str | None
    keyframe_s: float | None
    score: float | None
    reason: str
    confidence: float
    producer: str
    producer_version: str


class EvidenceView(Struct, frozen=True):
    """Where a tag was seen or heard."""

    start_s: float
    end_s: float
    modality: Modality
    confidence: float
    producer: str
    quote: str | None
    frame_url: str | None


class TagView(Struct, frozen=True):
    """A label and its evidence, strongest first."""

    label: str
    kind: str
    confidence: float
    evidence: tuple[EvidenceView, ...]
    producer: str
    producer_version: str


class RecommendationView(Struct, frozen=True):
    """The best poster, a title, a chapter (both in ``value``) or a related video (its id in ``value``)."""

    kind: Literal["poster", "title", "chapter", "related"]
    value: str
    reason: str
    score: float
    start_s: float | None
    frame_url: str | None


class RelatedView(Struct, frozen=True):
    """Another video about the same things, and what these are."""

    id: str
    title: str
    poster_url: str | None
    duration_s: float | None
    reason: str
    score: float


class FindingView(Struct, frozen=True):
    """One thing found, where, by whom, and how surely."""

    name: str
    modality: Modality
    value: str | float | tuple[str, ...]
    start_s: float
    end_s: float
    confidence: float
    producer: str
    producer_version: str
    shot: int | None
    frame_url: str | None
    box: tuple[float, float, float, float] | None


class SearchHitView(Struct, frozen=True):
    """One place in one video where the query was found."""

    video_id: str
    name: str
    title: str
    source: SearchSource
    text: str
    start_s: float
    end_s: float
    score: float


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
            status=video.status,
            run=video.run,
            failure=video.failure,
            progress=Progress(stage=lease.stage, fraction=lease.progress) if lease else None,
            capabilities=Capabilities(**{name: stage in video.results for name, stage in _CAPABILITIES.items()}),
            media=_media(video.media) if video.media else None,
            poster_url=self._poster(video),
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
        evidence = tuple(_view(EvidenceView, one, frame_url=self._picture(one.frame)) for one in tag.evidence)
        return _view(TagView, tag, evidence=evidence)

    def recommendation(self, recommendation: Recommendation) -> RecommendationView:
        """Returns a recommendation's view."""
        return _view(RecommendationView, recommendation, frame_url=self._picture(recommendation.frame))

    def related(self, recommendation: Recommendation, other: Video) -> RelatedView:
        """Returns the view of another video and why it is recommended."""
        return RelatedView(
            id=other.id,
            title=other.title,
            poster_url=self._poster(other),
            duration_s=other.media.duration_s if other.media else None,
            reason=recommendation.reason,
            score=recommendation.score,
        )

    def finding(self, finding: Finding) -> FindingView:
        """Returns a finding's view."""
        return _view(FindingView, finding, frame_url=self._picture(finding.frame))

    def search_hit(self, hit: SearchHit) -> SearchHitView:
        """Returns a search hit's view."""
        return _view(SearchHitView, hit)

    def _picture(self, picture: ObjectRef | None) -> str | None:
        return None if picture is None else self._link(picture.name)

    def _poster(self, video: Video) -> str | None:
        # By its name alone, so that a list of videos need not read the records of each.
        key = video.results.get("transcode")
        return None if key is None else self._link(f"{object_prefix(video.id, key)}poster.jpg")


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
    width, height = media.video[0].display_size
    return _view(
        MediaView,
        media,
        video=tuple(_view(VideoStreamView, stream) for stream in media.video),
        display_width=width,
        display_height=height,
        fps_decimal=float(media.video[0].fps),
    )
