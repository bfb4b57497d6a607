"""What the API answers with: the response models, and how a video is turned into one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import computed_field

from functions.api.record_views import (
    FindingView,
    MediaUrl,
    RecommendationView,
    RenditionView,
    SegmentView,
    TagView,
    View,
)
from shared.domain.attempt import Attempt
from shared.domain.media import AudioStream, SubtitleStream, VideoStream
from shared.domain.records import Artifact, ObjectRef, Recommendation, Rendition, SearchSource, Segment, Tag
from shared.domain.video import Failure, Video
from shared.ports.video_repository import VideoRepository

__all__ = [
    "Findings",
    "Media",
    "SearchResults",
    "Segments",
    "Tags",
    "Timeline",
    "VideoDetail",
    "VideoList",
    "VideoSummary",
    "detail_of",
    "summary_of",
    "video_view",
]

_CAPABILITIES = {"playable": "transcode", "tagged": "tag", "searchable": "tag"}
"""What a viewer can do with a video, and the stage whose results make it possible."""


class SourceFile(View):
    """The uploaded file."""

    name: str
    size_bytes: int
    generation: int


class Capabilities(View):
    """What can be done with the video already, while later stages may still run."""

    playable: bool
    searchable: bool
    tagged: bool


class Progress(View):
    """The stage that is running and how far it is, 0..1."""

    stage: str
    fraction: float


class Media(View):
    """What probing the source found."""

    container: str
    duration_s: float
    size_bytes: int
    title: str
    video: tuple[VideoStream, ...]
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleStream, ...]

    @computed_field
    def display_width(self) -> int:
        """Pixels across, upright and with square pixels."""
        return self.video[0].display_size[0]

    @computed_field
    def display_height(self) -> int:
        """Pixels down, upright and with square pixels."""
        return self.video[0].display_size[1]

    @computed_field
    def fps_decimal(self) -> float:
        """Mean frames per second; the stream's ``fps`` is the exact fraction."""
        return float(self.video[0].fps)


class Playback(View):
    """Where a player starts; each is null until it exists."""

    hls: MediaUrl | None
    dash: MediaUrl | None
    mp4: MediaUrl | None
    poster: MediaUrl | None
    storyboard: MediaUrl | None
    storyboard_vtt: MediaUrl | None


class StageTiming(View):
    """What a stage took in the current run, all its attempts together."""

    attempts: int
    wall_s: float
    cpu_s: float
    started_at: datetime
    ended_at: datetime | None


class VideoSummary(View):
    """A video in a list."""

    id: str
    owner: str
    source: SourceFile
    status: str
    run: int
    failure: Failure | None
    progress: Progress | None
    capabilities: Capabilities
    media: Media | None
    created_at: datetime
    updated_at: datetime


class VideoDetail(VideoSummary):
    """A video with everything that players and pages need; findings and the timeline have their own routes."""

    playback: Playback
    renditions: tuple[RenditionView, ...]
    segments: tuple[SegmentView, ...]
    tags: tuple[TagView, ...]
    recommendations: tuple[RecommendationView, ...]
    timings: dict[str, StageTiming]


class VideoList(View):
    """Some videos, newest first; ``next_cursor`` leads to the page after."""

    videos: tuple[VideoSummary, ...]
    next_cursor: str | None


class Segments(View):
    """Segments in time order within each kind."""

    segments: tuple[SegmentView, ...]


class Tags(View):
    """Tags with their evidence."""

    tags: tuple[TagView, ...]


class Findings(View):
    """Everything the analyzers found."""

    findings: tuple[FindingView, ...]


class Timeline(View):
    """Every attempt at every stage, oldest first."""

    attempts: tuple[Attempt, ...]


class SearchHitView(View):
    """One place in one video where the query was found."""

    video_id: str
    name: str
    source: SearchSource
    text: str
    start_s: float
    end_s: float
    score: float


class SearchResults(View):
    """Places that hold all words of the query, best first."""

    hits: tuple[SearchHitView, ...]


def video_view(repository: VideoRepository, video: Video) -> dict[str, Any]:
    """Returns a video as the API shows it, ready for JSON."""
    return detail_of(repository, video).model_dump(mode="json")


def summary_of(video: Video) -> VideoSummary:
    """Returns what a list shows of a video."""
    return VideoSummary.model_validate(_summary_fields(video))


def detail_of(repository: VideoRepository, video: Video) -> VideoDetail:
    """Returns everything there is on a video's own page."""
    renditions = repository.records(video, Rendition)
    return VideoDetail.model_validate(
        _summary_fields(video)
        | {
            "playback": _playback(renditions, repository.records(video, Artifact)),
            "renditions": renditions,
            "segments": repository.records(video, Segment),
            "tags": repository.records(video, Tag),
            "recommendations": repository.records(video, Recommendation),
            "timings": _timings(repository.attempts(video.id), video.run),
        }
    )


def _summary_fields(video: Video) -> dict[str, Any]:
    lease = video.lease
    return {
        "id": video.id,
        "owner": video.owner,
        "source": video.source,
        "status": video.status,
        "run": video.run,
        "failure": video.failure,
        "progress": {"stage": lease.stage, "fraction": lease.progress} if lease else None,
        "capabilities": {name: stage in video.results for name, stage in _CAPABILITIES.items()},
        "media": video.media,
        "created_at": video.created_at,
        "updated_at": video.updated_at,
    }


def _playback(renditions: Sequence[Rendition], artifacts: Sequence[Artifact]) -> dict[str, ObjectRef | None]:
    objects = {artifact.role: artifact.object for artifact in artifacts}
    objects |= {rendition.kind: rendition.object for rendition in renditions if rendition.kind == "mp4"}
    return {role: objects.get(role) for role in Playback.model_fields}


def _timings(attempts: Sequence[Attempt], run: int) -> dict[str, StageTiming]:
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
