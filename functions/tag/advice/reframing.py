"""What to keep of a picture that is shown upright, in 9:16."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from functions.tag.advice.known import Known, shortened
from functions.tag.advice.moments import Moments, covered_s
from functions.tag.legible_text import legible, quotable, standing
from shared.domain.framing import UPRIGHT, Box
from shared.domain.records import Finding, Recommendation, Segment
from shared.domain.timing import shared_s

__all__ = ["reframing"]

_TOLERANCE: Final = 0.01
_LEAST_KEPT: Final = 0.5
_SMOOTH: Final = 0.08  # of the width; a window that jumps less than that at a cut need not move at all
_NOTHING: Final = 0.9  # of a shot, from which on there is nothing in it to be framed
_READ_S: Final = 0.5
_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class _Window:
    """The window of a stretch, and why."""

    how: Literal["crop", "pad"]
    box: Box
    kept: float
    reason: str
    start_s: float
    end_s: float
    scene: int | None


def reframing(known: Known) -> Iterator[Recommendation]:
    """Yields a window for every stretch of the video, in time order; none where it is black.

    A window stands still within a shot, and from shot to shot of a scene where it would hardly move. Where half of
    what matters would be cut off, the whole picture is to be kept, over a blurred copy of itself or between bars.
    """
    if not known.media.video:
        return
    width, height = known.media.video[0].display_size
    aspect = width / height
    if abs(aspect - UPRIGHT) <= _TOLERANCE:
        yield Recommendation(
            kind="reframe",
            value="crop",
            reason=f"{width}x{height} is 9:16 already: nothing has to be cut off",
            score=1.0,
            start_s=0.0,
            end_s=known.media.duration_s,
            box=_WHOLE,
        )
        return
    for window in _smooth(list(_windows(known, aspect))):
        yield Recommendation(
            kind="reframe",
            value=window.how,
            reason=window.reason,
            score=round(window.kept, 3),
            start_s=window.start_s,
            end_s=window.end_s,
            box=window.box,
        )


def _windows(known: Known, aspect: float) -> Iterator[_Window]:
    focuses = {finding.shot: finding for finding in known.named("focus")}
    black = Moments(known.of_kind("black"))
    bars = Moments([*known.named("letterbox"), *known.named("pillarbox")])
    lines = Moments(standing(known.findings))
    for shot in known.of_kind("shot"):
        if covered_s(black.between(shot.start_s, shot.end_s), shot.start_s, shot.end_s) >= _NOTHING * (
            shot.end_s - shot.start_s
        ):
            continue
        content = _content(bars.at((shot.start_s + shot.end_s) / 2))
        read = [
            line
            for line in lines.between(shot.start_s, shot.end_s)
            if line.box and shared_s(line, shot) >= _READ_S
        ]
        yield _window(shot, content, focuses.get(shot.index), read, aspect)


def _content(bars: Sequence[Finding]) -> Box:
    """Returns the part of the frame that has a picture in it."""
    x = y = 0.0
    for bar in bars:
        if isinstance(bar.value, float):
            x = bar.value / 2 if bar.name == "pillarbox" else x
            y = bar.value / 2 if bar.name == "letterbox" else y
    return (x, y, 1 - 2 * x, 1 - 2 * y)


def _window(
    shot: Segment, content: Box, focus: Finding | None, lines: Sequence[Finding], aspect: float
) -> _Window:
    x, y, wide, tall = content
    width = tall * UPRIGHT / aspect
    if width >= wide:
        height = wide * aspect / UPRIGHT
        box = (x, y + (tall - height) / 2, wide, height)
        return _made(shot, "crop", box, height / tall, "narrower than 9:16: some of its top and bottom is cut off")
    middle, kept, reason = x + wide / 2, 1.0, "nothing moves or stands out: the middle"
    if focus is not None and focus.box is not None and isinstance(focus.value, float):
        middle, kept, reason = focus.box[0] + focus.box[2] / 2, focus.value, focus.reason
    left = _clamped(middle - width / 2, x, x + wide - width)
    boxes = [line.box for line in lines if line.box]
    if boxes:
        first, end = min(box[0] for box in boxes), max(box[0] + box[2] for box in boxes)
        if end - first > width:
            longest = max(
                filter(quotable, legible(lines)), key=lambda line: line.box[2] if line.box else 0.0, default=None
            )
            quote = f", such as “{shortened(str(longest.value), 40)}”" if longest else ""
            reason = f"text is wider than 9:16 allows{quote}: keep all of it over a blurred copy, or bars"
            return _made(shot, "pad", content, min(width / (end - first), kept), reason)
        left = _clamped(left, max(end - width, x), min(first, x + wide - width))
        reason += ", moved so that all text is inside" if left != _clamped(middle - width / 2, x, 1.0) else ""
    if kept < _LEAST_KEPT:
        return _made(shot, "pad", content, kept, f"only {reason}: keep all of it over a blurred copy, or bars")
    return _made(shot, "crop", (left, y, width, tall), kept, reason)


def _made(shot: Segment, how: Literal["crop", "pad"], box: Box, kept: float, reason: str) -> _Window:
    return _Window(how, box, kept, reason, shot.start_s, shot.end_s, shot.scene)


def _smooth(windows: Sequence[_Window]) -> list[_Window]:
    """Joins windows that follow each other and are all but the same; the longer one's place counts."""
    joined: list[_Window] = []
    for window in windows:
        before = joined[-1] if joined else None
        if before is None or not _go_together(before, window):
            joined.append(window)
            continue
        longer = max(before, window, key=lambda one: one.end_s - one.start_s)
        joined[-1] = replace(
            longer,
            start_s=before.start_s,
            end_s=window.end_s,
            kept=min(before.kept, window.kept),
            scene=window.scene,
        )
    return joined


def _go_together(before: _Window, window: _Window) -> bool:
    same = before.how == window.how and abs(before.end_s - window.start_s) < _TOLERANCE
    if window.how == "pad":
        return same and before.box == window.box
    near = abs(before.box[0] - window.box[0]) <= _SMOOTH and before.box[1:] == window.box[1:]
    return same and near and before.scene == window.scene


def _clamped(value: float, low: float, high: float) -> float:
    return min(max(value, low), max(high, low))
