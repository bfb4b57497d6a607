"""From appearances of lines to findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from functions.analyze.reading.lines import coverage, is_same
from functions.analyze.reading.tracker import Appearance
from shared.domain.records import Finding
from shared.processors.analyzer import Keyframe

__all__ = ["joined", "told_of"]

_PAUSE_S: Final = 0.5  # a line that is back so soon was only not seen
_NEAR_S: Final = 0.15
_FLEETING_S: Final = 0.3
_SURE: Final = 0.9  # what is read once only must be read well


def joined(appearances: Iterable[Appearance]) -> Sequence[Appearance]:
    """Returns lines in the order they appear, from top to bottom; without what was hardly there.

    A line that was away for a moment is one.
    """
    lines: list[Appearance] = []
    open_from = 0  # everything before has ended
    for one in sorted(appearances, key=lambda one: (one.start_s, one.reading.box[1], one.reading.box[0])):
        if one.end_s <= one.start_s:
            continue
        while open_from < len(lines) and lines[open_from].end_s < one.start_s - _PAUSE_S:
            open_from += 1
        for index in range(open_from, len(lines)):
            earlier = lines[index]
            if one.start_s - earlier.end_s <= _PAUSE_S and _goes_on(earlier, one):
                lines[index] = _united(earlier, one)
                break
        else:
            lines.append(one)
    return [line for line in lines if line.end_s - line.start_s > _FLEETING_S or line.reading.confidence >= _SURE]


def told_of(line: Appearance, keyframes: Sequence[Keyframe], producer: str, version: str) -> Finding:
    """Returns a line as a finding, with the keyframe that shows it, if there is one.

    Args:
        line: What was seen.
        keyframes: One a shot, in time order.
        producer: Name of the analyzer.
        version: Its version.
    """
    start_s = _at_cut(line.before_s, line.start_s, keyframes)
    end_s = _at_cut(line.last_s, line.end_s, keyframes)
    shot = next((key.shot for key in reversed(keyframes) if key.shot.start_s <= start_s), keyframes[0].shot)
    shown = [key for key in keyframes if _shows(key, line, start_s, end_s)]
    frame = min(shown, key=lambda key: abs((key.shot.keyframe_s or 0.0) - line.reading.time_s), default=None)
    return Finding(
        name=line.reading.name,
        modality="text",
        value=line.reading.text,
        start_s=start_s,
        end_s=end_s,
        confidence=line.reading.confidence,
        producer=producer,
        producer_version=version,
        shot=frame.shot.index if frame else shot.index,
        frame=frame.object if frame else None,
        box=line.reading.box,
    )


def _goes_on(earlier: Appearance, later: Appearance) -> bool:
    near = coverage(later.reading.box, earlier.reading.box) > 0 or earlier.moves or later.moves
    return near and is_same(earlier.reading, later.reading)


def _united(earlier: Appearance, later: Appearance) -> Appearance:
    return replace(
        max(earlier, later, key=lambda one: one.reading.legibility),
        start_s=earlier.start_s,
        before_s=earlier.before_s,
        end_s=max(earlier.end_s, later.end_s),
        last_s=max(earlier.last_s, later.last_s),
        moves=earlier.moves or later.moves,
    )


def _at_cut(before_s: float, after_s: float, keyframes: Sequence[Keyframe]) -> float:
    """Returns the cut between two pictures that were looked at: that is when what they show became another."""
    return next((key.shot.start_s for key in keyframes if before_s < key.shot.start_s <= after_s), after_s)


def _shows(key: Keyframe, line: Appearance, start_s: float, end_s: float) -> bool:
    """Says whether a keyframe shows a line, and in the place where it was read."""
    at_s = key.shot.keyframe_s
    if at_s is None or not start_s <= at_s < end_s:
        return False
    return not line.moves or abs(at_s - line.reading.time_s) <= _NEAR_S
