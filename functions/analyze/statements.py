"""What a model says about windows of a video, put together: nobody is to see where one ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from shared.domain.quotes import plain_words
from shared.domain.records import Finding

__all__ = ["Title", "chapter_spans", "united"]

_TOUCHING_S: Final = 1.0  # models look at about one picture a second
_LASTING: Final = frozenset({"label", "text"})
"""What goes on; something said again is said twice, unless a border of windows lies in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """The title of a part, when it begins, and which model says so."""

    text: str
    start_s: float
    by: str


def united(windows: Iterable[Sequence[Finding]]) -> Sequence[Finding]:
    """Returns statements with those made one that say the same of stretches that overlap or touch.

    Such a one has all of their time, and else is the surest of them.

    Args:
        windows: The statements about each window, in time order of the windows.
    """
    found: list[Finding] = []
    last: dict[tuple[str, str, tuple[str, ...]], tuple[int, int]] = {}
    for number, statements in enumerate(windows):
        for one in sorted(statements, key=lambda one: one.start_s):
            # Signs alone are no words.
            key = (one.name, one.modality, plain_words(str(one.value)) or (str(one.value),))
            place, window = last.get(key, (-1, number))
            slack_s = _TOUCHING_S if one.name in _LASTING or window != number else -_TOUCHING_S / 2
            if place >= 0 and one.start_s <= found[place].end_s + slack_s:
                found[place] = _joined(found[place], one)
            else:
                place = len(found)
                found.append(one)
            last[key] = (place, number)
    return found


def chapter_spans(titles: Iterable[Title], duration_s: float) -> Sequence[tuple[Title, float]]:
    """Returns chapters, each with its end: it lasts until the next, whatever window that was found in.

    Args:
        titles: Of all windows; one that goes on under the same title is one, and of two that begin at once the
            first counts.
        duration_s: The video's length in seconds.
    """
    kept: list[Title] = []
    for title in sorted(titles, key=lambda title: title.start_s):
        same = bool(kept) and plain_words(kept[-1].text) == plain_words(title.text)
        if not same and not (kept and title.start_s <= kept[-1].start_s):
            kept.append(title)
    if not kept:
        return ()
    ends = [*(following.start_s for _, following in pairwise(kept)), duration_s]
    return list(zip(kept, ends, strict=True))


def _joined(one: Finding, other: Finding) -> Finding:
    surest = other if other.confidence > one.confidence else one
    return replace(surest, start_s=min(one.start_s, other.start_s), end_s=max(one.end_s, other.end_s))
