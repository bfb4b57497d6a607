"""Strategy: telling another system what became of a video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

from shared.domain.events import VideoEvent
from shared.domain.records import Record
from shared.domain.video import Video
from shared.processors.strategy import Strategy

__all__ = ["Announced", "Publisher", "RecordsOf"]

R = TypeVar("R", bound=Record)


class RecordsOf(Protocol):
    """Reads what stages left of a video."""

    def __call__(self, kind: type[R]) -> Sequence[R]:
        """Returns the records of a kind that count now, such as all Tag."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What happened to a video.

    Attributes:
        key: The same however often this is told; different for everything else that happens.
        event: What happened.
        video: The video as it is now, which may be later; None once it is deleted.
        records: Reads what is known of it now; nothing once it is deleted.
    """

    key: str
    event: VideoEvent
    video: Video | None
    records: RecordsOf


class Publisher(Strategy, ABC):
    """Tells another system about videos. Entry-point group ``automations.publishers``.

    It is told of each thing at least once, in any order, and again for a day until it takes it: whoever it tells
    has to know ``key`` again. It has half a minute. ``inputs`` are types of events.
    """

    inputs: ClassVar[frozenset[str]] = frozenset(
        {"video-ready", "video-corrected", "video-failed", "video-deleted"}
    )

    @abstractmethod
    def publish(self, announced: Announced) -> None:
        """Tells of one thing; whatever is raised means that it is to be told again later."""
