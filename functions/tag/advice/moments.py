"""Spans that can be asked for by time, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

from shared.domain.timing import Timed

__all__ = ["Moments", "covered_s"]

_BUCKET_S: Final = 10.0


S = TypeVar("S", bound=Timed)


class Moments(Generic[S]):
    """Finds spans by time in as long as the answer takes, not as all of them would.

    Args:
        spans: In any order; answers keep it.
    """

    def __init__(self, spans: Iterable[S]) -> None:
        self._spans = list(spans)
        self._buckets: dict[int, list[int]] = defaultdict(list)
        for position, span in enumerate(self._spans):
            for bucket in range(_bucket(span.start_s), _bucket(span.end_s) + 1):
                self._buckets[bucket].append(position)

    def __iter__(self) -> Iterator[S]:
        return iter(self._spans)

    def between(self, start_s: float, end_s: float) -> list[S]:
        """Returns the spans that share some time with ``[start_s, end_s)``."""
        near = {
            position
            for bucket in range(_bucket(start_s), _bucket(end_s) + 1)
            for position in self._buckets.get(bucket, ())
        }
        spans = (self._spans[position] for position in sorted(near))
        return [span for span in spans if span.start_s < end_s and start_s < span.end_s]

    def at(self, time_s: float) -> list[S]:
        """Returns the spans that hold an instant."""
        near = (self._spans[position] for position in self._buckets.get(_bucket(time_s), ()))
        return [span for span in near if span.start_s <= time_s < span.end_s]


def covered_s(spans: Iterable[Timed], start_s: float, end_s: float) -> float:
    """Returns how many seconds of ``[start_s, end_s)`` at least one of some spans covers."""
    total, reached_s = 0.0, start_s
    for span in sorted(spans, key=lambda one: one.start_s):
        total += max(min(span.end_s, end_s) - max(span.start_s, reached_s), 0.0)
        reached_s = max(reached_s, span.end_s)
    return total


def _bucket(time_s: float) -> int:
    return int(time_s // _BUCKET_S)
