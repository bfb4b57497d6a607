"""Three stills to choose from: sharp, lit, telling, and unlike each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions.tag.advice.headings import headings
from functions.tag.advice.known import Known, shortened
from functions.tag.advice.moments import Moments
from functions.tag.legible_text import TITLE_HEIGHT, height
from shared.domain.records import Finding, Recommendation, Segment
from shared.domain.segments import clear_spans

__all__ = ["thumbnails"]

_MOST: Final = 3
_LIT: Final = (0.15, 0.9)
_DARK: Final = 0.06
_BLURRED: Final = 0.25
_LIVELY: Final = 0.05
_WORTH_SAYING: Final = 0.02
_NEUTRAL_COLORS: Final = frozenset({"black", "gray", "white"})
_ALIKE: Final = 0.4  # of a perfect still's merit that one loses which looks like another that was chosen


@dataclass(frozen=True, slots=True)
class _Still:
    """A shot's keyframe, what speaks for it in words and how much, and what is compared."""

    shot: Segment
    merits: dict[str, float]
    colors: frozenset[str]
    title: str

    @property
    def merit(self) -> float:
        return min(sum(self.merits.values()), 1.0)


def thumbnails(known: Known) -> Iterator[Recommendation]:
    """Yields up to three keyframes, the best first; none that is black, blurred or half another shot.

    A shot has one keyframe: a video of one shot has one thumbnail.
    """
    others = Moments(one for one in known.segments if one.kind in {"black", "transition"})
    blurred = Moments(known.named("blurred"))
    by_shot: dict[int, list[Finding]] = {}
    for finding in known.findings:
        if finding.shot is not None:
            by_shot.setdefault(finding.shot, []).append(finding)
    lines = Moments(known.named("text"))
    stills: list[_Still] = []
    shots = known.of_kind("shot")
    for shot, (clear_s, leaving_s) in zip(shots, clear_spans(shots), strict=True):
        at_s = shot.keyframe_s
        if shot.keyframe is None or at_s is None or others.at(at_s) or blurred.at(at_s):
            continue
        if clear_s <= at_s < leaving_s:
            stills += _still(shot, by_shot.get(shot.index, ()), lines.at(at_s))
    for still in _unlike(stills):
        yield Recommendation(
            kind="thumbnail",
            value="",
            reason=", ".join(merit for merit, weight in still.merits.items() if weight >= _WORTH_SAYING)
            or "no picture is better",
            score=round(still.merit, 3),
            start_s=still.shot.keyframe_s,
            frame=still.shot.keyframe,
        )


def _unlike(stills: Sequence[_Still]) -> list[_Still]:
    chosen: list[_Still] = []
    while len(chosen) < min(_MOST, len(stills)):
        left = [still for still in stills if still not in chosen]
        worth = {
            id(still): still.merit - _ALIKE * max((_likeness(still, other) for other in chosen), default=0.0)
            for still in left
        }
        chosen.append(max(left, key=lambda still: (worth[id(still)], still.shot.score or 0.0, -still.shot.index)))
    return chosen


def _likeness(one: _Still, other: _Still) -> float:
    """Returns how alike two stills are, 0..1, by their scene, colours and titles."""
    same_scene = one.shot.scene is not None and one.shot.scene == other.shot.scene
    union = one.colors | other.colors
    same_colors = len(one.colors & other.colors) / len(union) if union else 0.0
    return 0.4 * same_scene + 0.3 * same_colors + 0.3 * (one.title == other.title)


def _still(shot: Segment, own: Sequence[Finding], shown: Sequence[Finding]) -> Iterator[_Still]:
    """Yields a keyframe with its merits, 1 in all for a perfect one; nothing where it is too dark or blurred.

    Args:
        shot: The shot it stands for.
        own: What was found of the shot.
        shown: The lines of text that are shown with the keyframe; others come before it in the shot, or after it.
    """
    measured = {finding.name: finding.value for finding in own if isinstance(finding.value, float)}
    brightness, sharp = measured.get("brightness"), measured.get("sharpness")
    if (brightness is not None and brightness < _DARK) or (sharp is not None and sharp <= _BLURRED):
        return
    colors = frozenset(color for finding in own if isinstance(finding.value, tuple) for color in finding.value)
    titles = [line for line in headings(shown) if height(line) >= TITLE_HEIGHT]
    title = shortened(str(max(titles, key=height).value)) if titles else ""
    merits = {
        f"sharp ({sharp or 0:.2f})": 0.3 * (sharp or 0.0),
        f"well lit ({brightness or 0:.0%})": 0.2 if _LIT[0] <= (brightness or 0.0) <= _LIT[1] else 0.0,
        "colourful": 0.1 if colors - _NEUTRAL_COLORS else 0.0,
        "from a lively shot": 0.05 * min(measured.get("motion", 0.0) / _LIVELY, 1.0),
        f"from a key shot ({shot.score or 0:.2f})": 0.15 * (shot.score or 0.0),
        f"shows “{title}”": 0.2 if title else 0.0,
    }
    yield _Still(shot, merits, colors, title)
