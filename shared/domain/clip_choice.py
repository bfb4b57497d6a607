"""What a clip is to show, as somebody asks for it: ``shot:3``, ``highlight:0``, ``12.5-20``, ``highlight``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, get_args

from shared.domain.errors import NotFound, PermanentError
from shared.domain.framing import Box
from shared.domain.records import Recommendation, Segment, SegmentKind

__all__ = ["HIGHLIGHT", "MAX_CLIP_S", "REEL_S", "ClipChoice", "Described", "choose", "listed"]

HIGHLIGHT: Final = "highlight"
"""Asks for the recommended highlights, one after the other."""

MAX_CLIP_S: Final = 600.0
"""Longest clip: pictures of 2160p are decoded and encoded within one request's time."""

REEL_S: Final = 60.0
"""How long the highlights together may be, unless somebody says otherwise."""

_MAX_PARTS: Final = 8
"""Parts of a reel; each is read, decoded and held in memory side by side with the others."""

_MIN_S: Final = 0.001
_NEAR_S: Final = 0.1  # what a video's length may be rounded by; an end so far behind it is no surprise
_RECOMMENDED: Final = ("chapter", "highlight")
_KINDS: Final = (*get_args(SegmentKind), *_RECOMMENDED)
_INDEXED: Final = re.compile(r"([a-z]+):([0-9]{1,6})")
_SPAN: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)-([0-9]{1,6}(?:\.[0-9]{1,6})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What is known of a video that clips are cut out of.

    Attributes:
        duration_s: Seconds that it lasts.
        segments: Its segments.
        recommendations: What is recommended about it.
    """

    duration_s: float
    segments: Sequence[Segment]
    recommendations: Sequence[Recommendation]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipChoice:
    """What a clip shows.

    Attributes:
        segment: As it was asked for.
        spans: ``[start_s, end_s)`` on the source's timeline, in the order they are shown.
        box: x, y, width, height in 0..1 of the picture that is kept; None for all of it.
        note: What it does not show of what was asked for, and why; empty when it shows all of it.
    """

    segment: str
    spans: tuple[tuple[float, float], ...]
    box: Box | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """What to call it: a span by what it shows, which may be less than was asked for."""
        if self.segment[:1].isdigit():
            return "-".join(f"{time_s:.3f}".rstrip("0").rstrip(".") for time_s in self.spans[0])
        return self.segment.replace(":", "-")


def choose(asked: str, video: Described, *, max_s: float = REEL_S, vertical: bool = False) -> ClipChoice:
    """Returns what somebody asks for.

    Args:
        asked: ``KIND:INDEX`` (0-based, as listed), ``START-END`` in seconds, or ``highlight``.
        video: The video.
        max_s: Seconds that highlights together may last.
        vertical: Whether only the recommended window of 9:16 is kept of the pictures.

    Raises:
        NotFound: The video has no such segment, nothing is recommended, or what matters does not fit into 9:16.
        PermanentError: ``bad_segment``: that is no way to ask, or it is outside the video, or too long.
    """
    note = ""
    if asked == HIGHLIGHT:
        highlights, note = _showable(video, upright=vertical)
        spans = _reel(highlights, max_s)
    elif found := _INDEXED.fullmatch(asked):
        spans = (_segment(found[1], int(found[2]), video),)
    elif found := _SPAN.fullmatch(asked):
        spans = (_span(float(found[1]), float(found[2]), video.duration_s),)
        note = f"The video ends at {video.duration_s:.1f} s." if spans[0][1] > video.duration_s + _NEAR_S else ""
    else:
        raise PermanentError("bad_segment", f"{asked!r} names no part of a video. {_how()}")
    spans = tuple((start_s, min(end_s, video.duration_s)) for start_s, end_s in spans)
    length_s = sum(end_s - start_s for start_s, end_s in spans)
    if length_s > MAX_CLIP_S:
        raise PermanentError(
            "bad_segment",
            f"That is {length_s:.0f} s; a clip lasts at most {MAX_CLIP_S:.0f} s. Name a part of it, such as "
            f"{spans[0][0]:g}-{spans[0][0] + MAX_CLIP_S:g}.",
        )
    return ClipChoice(segment=asked, spans=spans, box=_window(video, spans) if vertical else None, note=note)


def _how() -> str:
    return (
        f"Ask for KIND:INDEX, such as shot:3, with one of {', '.join(_KINDS)}; for START-END in seconds, such as "
        f"12.5-20; or for {HIGHLIGHT}, which is all highlights."
    )


def _span(start_s: float, end_s: float, duration_s: float) -> tuple[float, float]:
    if end_s - start_s < _MIN_S:
        raise PermanentError("bad_segment", f"{start_s:g}-{end_s:g} ends before it begins. Name a later end.")
    if start_s > duration_s - _MIN_S:
        raise PermanentError("bad_segment", f"The video ends at {duration_s:.3f} s. Name an earlier start.")
    return start_s, end_s


def _segment(kind: str, index: int, video: Described) -> tuple[float, float]:
    if kind not in _KINDS:
        raise PermanentError("bad_segment", f"There are no segments of the kind {kind!r}. {_how()}")
    spans = _spans(kind, video)
    if index < len(spans):
        return spans[index]
    if not spans:
        raise NotFound(f"There is no {kind}:{index}: the video has no {kind}.")
    there_are = f"are {kind}:0 to {kind}:{len(spans) - 1}" if len(spans) > 1 else f"is {kind}:0 alone"
    raise NotFound(f"There is no {kind}:{index}. There {there_are}.")


def listed(kind: str, recommendations: Sequence[Recommendation]) -> list[Recommendation]:
    """Returns what is recommended of a kind by its number, from 0; what needs a place and has none is left out."""
    of_kind = [one for one in recommendations if one.kind == kind]
    if kind == "chapter":
        return sorted((one for one in of_kind if one.start_s is not None), key=lambda one: one.start_s or 0.0)
    if kind == HIGHLIGHT:
        return [one for one in of_kind if _lasts_s(one) > 0]
    return of_kind


def _lasts_s(one: Recommendation) -> float:
    return 0.0 if one.start_s is None or one.end_s is None else one.end_s - one.start_s


def _spans(kind: str, video: Described) -> list[tuple[float, float]]:
    if kind == HIGHLIGHT:
        return [(one.start_s, one.end_s) for one in _highlights(video)]
    if kind == "chapter":
        starts_s = [one.start_s or 0.0 for one in listed(kind, video.recommendations)]
        return list(pairwise([*starts_s, video.duration_s]))
    found = sorted((one for one in video.segments if one.kind == kind), key=lambda one: one.index)
    return [(one.start_s, one.end_s) for one in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Highlight:
    start_s: float
    end_s: float
    score: float


def _highlights(video: Described) -> list[_Highlight]:
    return [
        _Highlight(start_s=one.start_s or 0.0, end_s=one.end_s or 0.0, score=one.score)
        for one in listed(HIGHLIGHT, video.recommendations)
    ]


def _reel(highlights: Sequence[_Highlight], max_s: float) -> tuple[tuple[float, float], ...]:
    """Returns the best highlights that fit, in the order of the video; of the best one what fits, at least."""
    if not highlights:
        raise NotFound(
            "No highlights are recommended for this video. Replay it from tag if it was processed by an older "
            "version, or ask for a segment or a span of it."
        )
    taken: list[tuple[float, float]] = []
    left_s = max_s
    for one in sorted(highlights, key=lambda one: -one.score):
        apart = all(one.end_s <= start_s or end_s <= one.start_s for start_s, end_s in taken)
        if not taken:
            taken.append((one.start_s, min(one.end_s, one.start_s + left_s)))
        elif apart and one.end_s - one.start_s <= left_s and len(taken) < _MAX_PARTS:
            taken.append((one.start_s, one.end_s))
        else:
            continue
        left_s -= taken[-1][1] - taken[-1][0]
    return tuple(sorted(taken))


def _showable(video: Described, *, upright: bool) -> tuple[list[_Highlight], str]:
    """Returns the highlights that a reel may show, and what it leaves out upright: what would be cut off."""
    highlights = _highlights(video)
    if not upright or not highlights:
        return highlights, ""
    whole, cut = [], []
    for number, one in enumerate(highlights):
        try:
            _window(video, [(one.start_s, one.end_s)])
            whole.append(one)
        except NotFound as error:
            cut.append((number, error))
    if not whole:
        number, refusal = cut[0]
        raise NotFound(f"No highlight fits into 9:16. {HIGHLIGHT}:{number}: {refusal.detail}")
    names = ", ".join(f"{HIGHLIGHT}:{number}" for number, _ in cut)
    return whole, f"Without {names}: a window of 9:16 would cut off what matters there." if cut else ""


def _window(video: Described, spans: Sequence[tuple[float, float]]) -> Box:
    """Returns the 9:16 window that is recommended for where most of the clip is.

    Raises:
        NotFound: There is none, or for most of the clip it is recommended to keep the whole picture.
    """

    def shared_s(one: Recommendation) -> float:
        from_s, to_s = one.start_s or 0.0, math.inf if one.end_s is None else one.end_s
        return sum(max(0.0, min(end_s, to_s) - max(start_s, from_s)) for start_s, end_s in spans)

    def most(advice: Sequence[Recommendation]) -> Recommendation | None:
        return max(advice, key=lambda one: (shared_s(one), one.score), default=None)

    advised = [one for one in video.recommendations if one.kind == "reframe" and shared_s(one)]
    windows = [one for one in advised if one.value == "crop" and one.box is not None]
    whole = [one for one in advised if one.value == "pad"]
    best, widest = most(windows), most(whole)
    if widest is not None and sum(map(shared_s, whole)) >= sum(map(shared_s, windows)):
        raise NotFound(
            f"A window of 9:16 would cut off what matters there ({widest.reason}). Ask for the clip without it."
        )
    if best is None or best.box is None:
        raise NotFound("No window of 9:16 is recommended here. Ask for the clip without it.")
    return best.box
