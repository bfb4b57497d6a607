"""The attempt record: what one try at a stage did, for how long, at what cost, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

__all__ = ["Attempt", "Caveat", "Cost", "Outcome", "ToolRun"]

Outcome: TypeAlias = Literal["running", "succeeded", "failed", "retry", "interrupted", "lost", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """One run of an outside program.

    Attributes:
        command: Its argument list.
        returncode: Exit status; negative for a signal.
        wall_s: Seconds it took.
        cpu_s: CPU-seconds it and its children used.
        peak_memory_bytes: Largest resident size.
        log_tail: The last lines it wrote to stderr.
    """

    command: tuple[str, ...]
    returncode: int
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    log_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an attempt used: wall seconds, CPU-seconds (tools included), bytes read from and written to buckets."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    bytes_read: int = 0
    bytes_written: int = 0


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
    ended_at: datetime | None = None
    outcome: Outcome = "running"
    code: str = ""
    reason: str = ""
    cost: Cost = Cost()
    tools: tuple[ToolRun, ...] = ()
    caveats: tuple[Caveat, ...] = ()
