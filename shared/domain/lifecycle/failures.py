"""How a video fails, and how often a stage is tried before it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.domain.events import VideoEvent
from shared.domain.flow import Flow, StageSpec
from shared.domain.lifecycle.runs import check_transition, event_about
from shared.domain.status import FAILED
from shared.domain.video import MAX_REASON_CHARS, Failure, Video

__all__ = ["INTERRUPTIONS_PER_ATTEMPT", "failed", "interrupted", "is_used_up", "poisoned"]

INTERRUPTIONS_PER_ATTEMPT: Final = 10
"""An attempt whose host was stopped is not the video's fault, but a video that takes its host down every time
must end too: it may be interrupted this many times its max_attempts."""


def failed(flow: Flow, video: Video, failure: Failure, now: datetime) -> tuple[Video, VideoEvent]:
    """Returns a video as it is once it has failed, and what is told about that.

    Raises:
        LeaseLost: It has ended already.
    """
    check_transition(flow, video.status, FAILED)
    if len(failure.reason) > MAX_REASON_CHARS:
        failure = replace(failure, reason=failure.reason[: MAX_REASON_CHARS - 1] + "…")
    ended = replace(video, status=FAILED, status_at=now, failure=failure, lease=None, updated_at=now)
    return ended, event_about(ended, flow.failed_topic, now)


def poisoned(flow: Flow, video: Video, spec: StageSpec, cause: str, now: datetime) -> tuple[Video, VideoEvent]:
    """Returns what failed() does, for a video whose attempts at a stage are used up.

    Args:
        flow: The flow.
        video: The video.
        spec: The stage.
        cause: How the last attempt ended, as a sentence.
        now: The time.
    """
    failure = Failure(
        code="poison",
        reason=f"The {spec.stage} stage was tried {video.attempts[spec.stage]} times and never finished; "
        f"the last time: {cause} Mend the cause and replay the video.",
        stage=spec.stage,
    )
    return failed(flow, video, failure, now)


def is_used_up(video: Video, spec: StageSpec) -> bool:
    """Tells whether a video has had all attempts at a stage that it gets."""
    begun = video.attempts.get(spec.stage, 0)
    counted = begun - video.interruptions.get(spec.stage, 0)
    return counted >= spec.max_attempts or begun >= spec.max_attempts * INTERRUPTIONS_PER_ATTEMPT


def interrupted(video: Video, stage: str) -> Video:
    """Returns a video with an attempt at a stage counted as one that it was not at fault for."""
    count = video.interruptions.get(stage, 0) + 1
    return replace(video, interruptions={**video.interruptions, stage: count})
