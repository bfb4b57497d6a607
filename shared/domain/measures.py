"""What is measured of attempts and videos, and the log lines that metrics are made from.

The lines and the commands of one machine take their numbers from here, so that they can't differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from shared.domain.attempt import Attempt, Outcome
from shared.domain.video import Video

__all__ = ["LOG_LINES", "StageMeasures", "VideoMeasures", "stage_measures", "video_measures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMeasures:
    """How an attempt at a stage went: the fields of the line ``stage_ended``.

    Attributes:
        video_id: The video.
        run: The run.
        stage: The stage.
        attempt: 1-based number of the attempt at the stage in the run.
        outcome: How it ended; see ``Attempt``.
        code: Error code, empty on success.
        queued_s: Seconds from the event that it answers to its start; None of a later attempt.
        wall_s: Seconds it took.
        cpu_s: CPU-seconds it used, tools included.
        media_s: Seconds the video lasts; None as long as that is not known.
        realtime_factor: Seconds it took for each second of the video; below 1, faster than it plays.
        model_usd: What models cost for it at list price, in US dollars.
    """

    video_id: str
    run: int
    stage: str
    attempt: int
    outcome: Outcome
    code: str
    queued_s: float | None
    wall_s: float
    cpu_s: float
    media_s: float | None
    realtime_factor: float | None
    model_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMeasures:
    """How a run of a video went that ended ready or failed: the fields of the line ``video_settled``.

    Attributes:
        video_id: The video.
        run: The run.
        status: ``ready`` or ``failed``.
        code: Error code, empty when it is ready.
        ready_s: Seconds from when the run could begin to when it had ended; None where that was not noted.
        media_s: Seconds the video lasts; None if that was never known.
        cpu_s: CPU-seconds that the run's attempts used.
        model_usd: What models cost for them at list price, in US dollars.
    """

    video_id: str
    run: int
    status: str
    code: str
    ready_s: float | None
    media_s: float | None
    cpu_s: float
    model_usd: float


LOG_LINES: Final[Mapping[str, tuple[str, ...]]] = {
    "stage_ended": tuple(field.name for field in fields(StageMeasures)),
    "video_settled": tuple(field.name for field in fields(VideoMeasures)),
    "redriven": ("video_id", "run", "status"),
    "delivery_refused": ("code", "detail"),
    "delivery_put_off": ("code", "detail"),
    "delivery_failed": (),
    "sweep_failed": ("step",),
    "request": ("method", "path", "status", "wall_s"),
}
"""Line -> the fields that it has at least. Metrics and alerts rely on these names."""


def stage_measures(video: Video, attempt: Attempt) -> StageMeasures:
    """Returns the measures of an attempt at a video that has ended."""
    media_s = _media_s(video)
    return StageMeasures(
        video_id=video.id,
        run=attempt.run,
        stage=attempt.stage,
        attempt=attempt.number,
        outcome=attempt.outcome,
        code=attempt.code,
        queued_s=None if attempt.queued_s is None else round(attempt.queued_s, 3),
        wall_s=round(attempt.cost.wall_s, 3),
        cpu_s=round(attempt.cost.cpu_s, 3),
        media_s=media_s,
        realtime_factor=round(attempt.cost.wall_s / media_s, 4) if media_s else None,
        model_usd=round(attempt.cost.model_usd, 6),
    )


def video_measures(video: Video) -> VideoMeasures:
    """Returns the measures of the run of a video that is ready or failed."""
    began_at, settled_at = video.run_began_at, video.status_at
    took = None if began_at is None or settled_at is None else settled_at - began_at
    return VideoMeasures(
        video_id=video.id,
        run=video.run,
        status=video.status,
        code=video.failure.code if video.failure else "",
        ready_s=None if took is None else round(max(took.total_seconds(), 0.0), 3),
        media_s=_media_s(video),
        cpu_s=round(video.run_spent.cpu_s, 3),
        model_usd=round(video.run_spent.model_usd, 6),
    )


def _media_s(video: Video) -> float | None:
    return round(video.media.duration_s, 3) if video.media else None
