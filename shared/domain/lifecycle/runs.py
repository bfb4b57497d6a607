"""A run: how it begins, which status follows which in it, and what is told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.domain.errors import LeaseLost
from shared.domain.events import VideoEvent
from shared.domain.flow import Flow
from shared.domain.identity import event_id_of, owner_of, trace_of
from shared.domain.status import transitions
from shared.domain.video import Cost, Details, Source, Video

__all__ = ["check_transition", "event_about", "first_run", "new_run"]


def first_run(video_id: str, source: Source, status: str, details: Details, now: datetime) -> Video:
    """Returns a new video."""
    return Video(
        id=video_id,
        owner=owner_of(source.object),
        source=source,
        run=1,
        run_began_at=now,
        status=status,
        status_at=now,
        details=details,
        trace=trace_of(video_id, 1),
        created_at=now,
        updated_at=now,
    )


def new_run(video: Video, status: str, results: Mapping[str, str], now: datetime) -> Video:
    """Returns a video that starts over.

    Args:
        video: The video.
        status: Where it starts.
        results: Stage -> key of what earlier runs left that still counts.
        now: The time.
    """
    run = video.run + 1
    return replace(
        video,
        run=run,
        run_began_at=now,
        status=status,
        status_at=now,
        failure=None,
        results=results,
        lease=None,
        attempts={},
        interruptions={},
        stage_began_at=None,
        run_spent=Cost(),
        swept=False,
        trace=trace_of(video.id, run),
        updated_at=now,
    )


def check_transition(flow: Flow, before: str, after: str) -> None:
    """Raises LeaseLost when one status can't follow another within a run."""
    if after not in transitions(flow)[before]:
        raise LeaseLost(f"a video can't go from {before} to {after}")


def event_about(video: Video, event_type: str, now: datetime, *, which: str = "") -> VideoEvent:
    """Returns the event of a type about a video's run; it is the same one, however often it is made.

    Args:
        video: The video, as the event leaves it.
        event_type: What happened.
        now: When.
        which: Tells what may happen several times in a run from the other times.
    """
    return VideoEvent(
        event_id=event_id_of(video.id, video.run, f"{event_type}/{which}" if which else event_type),
        type=event_type,
        video_id=video.id,
        owner=video.owner,
        generation=video.source.generation,
        run=video.run,
        occurred_at=now,
        trace=video.trace,
        kind=video.media.kind if video.media else None,
        failure=video.failure,
    )
