"""What a decision about a video answers and does to the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from shared.domain.attempt import Attempt
from shared.domain.events import VideoEvent
from shared.domain.flow import StageSpec
from shared.domain.identity import result_key
from shared.domain.records import Record
from shared.domain.video import Lease, Video

__all__ = ["Change", "Claim", "Decision", "Declined", "Deleted", "Registered"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T_co]):
    """What one decision does to the store, all or nothing.

    Attributes:
        answer: What the caller wanted to know.
        video: The aggregate to save; None leaves everything as it is.
        attempts: Attempt records to write, each replacing the one with its token.
        events: Events to put in the outbox.
        records_key: Key of a result set written with this change; None when there is none.
        records: Its records.
    """

    answer: T_co
    video: Video | None = None
    attempts: tuple[Attempt, ...] = ()
    events: tuple[VideoEvent, ...] = ()
    records_key: str | None = None
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A granted lease: which work, under which fencing token."""

    video: Video
    spec: StageSpec
    lease: Lease

    @property
    def key(self) -> str:
        """Key under which this attempt writes its records and objects."""
        return result_key(self.video.run, self.spec.stage, self.lease.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Why a claim was not granted.

    Attributes:
        reason: ``done`` and ``finished``: nothing is left to do; ``superseded``, ``deleted``, ``unknown``:
            the event is about something that no longer counts; ``early``: an earlier stage is not done and
            will send this event itself; ``poison``: attempts are used up, the video has just been failed;
            ``busy``: another worker holds the lease; ``handed_over``: a job holds it, for which nobody waits:
            should it die, sweep sends the event again.
        retry_after_s: Seconds until the lease runs out, for ``busy``.
    """

    reason: Literal[
        "done", "finished", "superseded", "deleted", "unknown", "early", "poison", "busy", "handed_over"
    ]
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The run that an upload belongs to; ``stale`` when a newer generation has been seen already."""

    video_id: str
    run: int
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What is left of a deleted video, and the lease of whoever worked on it."""

    video: Video
    lease: Lease | None


Decision: TypeAlias = Callable[[Video | None], Change[T_co]]
