"""How much of what was to be found was found, and what was found that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.media.edits.montage import Edit

__all__ = ["Tally", "count_cuts", "count_spans", "overlap"]


@dataclass
class Tally:
    """Labels found, things found that are none, labels missed."""

    hits: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(2 * self.hits + len(self.false) + len(self.missed), 1)

    @property
    def cells(self) -> tuple[str, str, str]:
        """F1, precision and recall, for a table."""
        precision = self.hits / max(self.hits + len(self.false), 1)
        recall = self.hits / max(self.hits + len(self.missed), 1)
        return f"{self.f1:.3f}", f"{precision:.3f}", f"{recall:.3f}"


def count_cuts(tally: Tally, name: str, found: Sequence[int], labels: Sequence[int], tolerance: int = 1) -> None:
    """Counts first frames, each of which may be a frame off; one find is good for one label."""
    unclaimed = list(found)
    for label in labels:
        near = [frame for frame in unclaimed if abs(frame - label) <= tolerance]
        if near:
            unclaimed.remove(min(near, key=lambda frame: abs(frame - label)))
            tally.hits += 1
        else:
            tally.missed.append(f"{name} {label}")
    tally.false += [f"{name} {frame}" for frame in unclaimed]


def count_spans(tally: Tally, name: str, found: Sequence[Edit], labels: Sequence[Edit]) -> None:
    """Counts spans of one kind that overlap a label by at least half of what both cover together."""
    unclaimed = list(found)
    for label in labels:
        best = max(unclaimed, key=lambda span: overlap(span, label), default=None)
        if best is not None and overlap(best, label) >= 0.5:
            unclaimed.remove(best)
            tally.hits += 1
        else:
            close = f"{best.start}-{best.end}" if best is not None and overlap(best, label) else "nothing"
            tally.missed.append(f"{name} {label.start}-{label.end}, {close}")
    tally.false += [f"{name} {span.start}-{span.end}" for span in unclaimed]


def overlap(one: Edit, other: Edit) -> float:
    """Returns what two spans share over what they cover together."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return max(shared, 0) / max(max(one.end, other.end) - min(one.start, other.start), 1)
