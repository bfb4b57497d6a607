"""From the places where shots go over into one another to segments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from functions.segment.shots.thumbnail import Instant
from shared.domain.records import Segment, SegmentKind, Transition

__all__ = ["Change", "segments"]


@dataclass(frozen=True, slots=True)
class Change:
    """How one shot goes over into the next.

    Attributes:
        kind: How.
        at: First frame of the next shot; None where none begins.
        start: First frame that is not wholly the shot before.
        end: First frame that is wholly the next shot; the same as ``start`` for a cut.
    """

    kind: Transition
    at: Instant | None
    start: Instant
    end: Instant

    @classmethod
    def cut(cls, at: Instant) -> Change:
        """Returns a hard cut."""
        return cls("cut", at, at, at)


def segments(
    changes: Iterable[Change], first: Instant, end: Instant, *, producer: str, version: str
) -> list[Segment]:
    """Returns the shots between some changes, which tile the video, and the changes that take time.

    Args:
        changes: In any order.
        first: The video's first frame.
        end: What comes after its last.
        producer: Name of the algorithm.
        version: Its version.
    """
    ordered = sorted(changes, key=lambda change: change.start)

    def segment(kind: SegmentKind, index: int, start: Instant, end: Instant, change: Change) -> Segment:
        return Segment(
            kind=kind,
            index=index,
            start_s=start.time_s,
            end_s=end.time_s,
            start_frame=start.index,
            end_frame=end.index,
            transition_in=change.kind,
            transition_s=change.end.time_s - change.start.time_s,
            producer=producer,
            producer_version=version,
        )

    beginnings = [(first, Change("none", first, first, first))]
    beginnings += [(change.at, change) for change in ordered if change.at is not None]
    ends = [*(at for at, _ in beginnings[1:]), end]
    shots = [
        segment("shot", index, at, following, change)
        for index, ((at, change), following) in enumerate(zip(beginnings, ends, strict=True))
    ]
    slow = [change for change in ordered if change.start < change.end]
    return [*shots, *(segment("transition", index, one.start, one.end, one) for index, one in enumerate(slow))]
