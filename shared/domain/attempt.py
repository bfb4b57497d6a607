"""The attempt record: what one try at a stage did, for how long, at what cost, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from shared.domain.video import Cost, Lease, Video

__all__ = [
    "Attempt",
    "Caveat",
    "Effort",
    "Outcome",
    "ToolRun",
    "begun_attempt",
    "charged",
    "closed_attempt",
    "ended_attempt",
]

Outcome: TypeAlias = Literal["running", "succeeded", "failed", "retry", "interrupted", "lost", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """One run of an outside program.

    Attributes:
        command: Its argument list.
        returncode: Exit status; negative for a signal.
        wall_s: Seconds it took.
        cpu_s: CPU-seconds it and its children used.
        peak_memory_bytes: Largest resident size; at least that of the worker when it started the program, which
            the kernel hands on to it.
        log_tail: The last lines it wrote to stderr.
    """

    command: tuple[str, ...]
    returncode: int
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    log_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """Something a person should know about a stage that succeeded."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of the video's timeline.

    Attributes:
        run: Run it belongs to.
        stage: Stage it tried.
        number: 1-based among the attempts at this stage in this run.
        token: Its fencing token; unique for the video.
        worker: Who ran it.
        started_at: When it claimed the stage.
        queued_s: Seconds from the event that it answers to its start; None of a later try, which had to wait for
            the one before.
        ended_at: When it ended; None while it runs.
        outcome: How it ended. ``interrupted``: its host stopped; ``lost``: it never reported back;
            ``superseded``: a newer generation, replay or deletion took its place.
        code: Error code, empty on success.
        reason: The sentence that goes with it.
        cost: What it used.
        tools: The programs it ran, in order.
        caveats: What it wants a person to know.
    """

    run: int
    stage: str
    number: int
    token: int
    worker: str
    started_at: datetime
    queued_s: float | None = None
    ended_at: datetime | None = None
    outcome: Outcome = "running"
    code: str = ""
    reason: str = ""
    cost: Cost = field(default_factory=Cost)
    tools: tuple[ToolRun, ...] = ()
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What an attempt did until now, for its record."""

    cost: Cost = field(default_factory=Cost)
    tools: tuple[ToolRun, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def begun_attempt(video: Video, lease: Lease) -> Attempt:
    """Returns the record of an attempt that has just been granted a lease."""
    waited = lease.started_at - video.status_at if video.status_at and lease.attempt == 1 else None
    return Attempt(
        run=video.run,
        stage=lease.stage,
        number=lease.attempt,
        token=lease.token,
        worker=lease.worker,
        started_at=lease.started_at,
        # Two machines' clocks need not agree.
        queued_s=None if waited is None else max(waited.total_seconds(), 0.0),
    )


def ended_attempt(
    video: Video,
    lease: Lease,
    outcome: Outcome,
    now: datetime,
    effort: Effort,
    code: str = "",
    reason: str = "",
) -> Attempt:
    """Returns the record of the attempt that held a lease, as it ended."""
    return replace(
        begun_attempt(video, lease),
        ended_at=now,
        outcome=outcome,
        code=code,
        reason=reason,
        cost=effort.cost,
        tools=effort.tools,
        caveats=effort.caveats,
    )


def closed_attempt(video: Video, outcome: Outcome, reason: str, now: datetime) -> tuple[Attempt, ...]:
    """Returns the record that ends whoever works on a video now, at the cost last reported; none for nobody."""
    if video.lease is None:
        return ()
    effort = Effort(cost=video.lease.cost)
    return (ended_attempt(video, video.lease, outcome, now, effort, code=outcome, reason=reason),)


def charged(video: Video, ended: Iterable[Attempt]) -> Video:
    """Returns a video with what attempts used that have just ended added to what was spent on it."""
    used = sum((attempt.cost for attempt in ended), Cost())
    return replace(video, spent=video.spent + used, run_spent=video.run_spent + used)
