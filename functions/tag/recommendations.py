"""The best still, a title, and chapters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from functions.tag.legible_text import TITLE_HEIGHT, height, legible
from functions.tag.words import STOP_WORDS, word_list
from shared.domain.records import Evidence, Finding, Recommendation, Segment, Tag

__all__ = ["chapters", "poster", "titles"]

_MIN_CHAPTER_S: Final = 5.0
_CHAPTER_SHARE: Final = 0.02  # of the video; more than 50 chapters help nobody
_TITLE_CHARS: Final = 60
_HEADING_HEIGHT: Final = 0.03
_LIT: Final = (0.15, 0.9)
_LIVELY: Final = 0.05
_WORTH_SAYING: Final = 0.02
_NEUTRAL_COLORS: Final = frozenset({"black", "gray", "white"})


def poster(segments: Sequence[Segment], findings: Sequence[Finding]) -> Recommendation | None:
    """Returns the keyframe that is best looked at, with what speaks for it; None without keyframes.

    Args:
        segments: Everything the segment stage found.
        findings: Everything the analyzers found.
    """
    shots = [segment for segment in segments if segment.kind == "shot" and segment.keyframe is not None]
    judged = [(shot, _merits(shot, segments, findings)) for shot in shots]
    if not judged:
        return None
    shot, merits = max(judged, key=lambda pair: (sum(pair[1].values()), pair[0].score or 0.0, -pair[0].index))
    return Recommendation(
        kind="poster",
        value="",
        reason=", ".join(merits) or "no picture is better",
        score=min(sum(merits.values()), 1.0),
        start_s=shot.keyframe_s,
        frame=shot.keyframe,
    )


def _merits(shot: Segment, segments: Sequence[Segment], findings: Sequence[Finding]) -> dict[str, float]:
    """Returns what speaks for a keyframe, in words, and how much; 1 in all for a perfect one."""
    own = [finding for finding in findings if finding.shot == shot.index]
    measured = {finding.name: finding.value for finding in own if isinstance(finding.value, float)}
    colors = {color for finding in own if isinstance(finding.value, tuple) for color in finding.value}
    titles = [line for line in legible(own) if height(line) >= TITLE_HEIGHT]
    title = f"shows “{_shortened(str(max(titles, key=height).value))}”" if titles else ""
    merits = {
        "sharp": 0.25 * measured.get("sharpness", 0.0),
        "well lit": 0.2 if _LIT[0] <= measured.get("brightness", 0.0) <= _LIT[1] else 0.0,
        "not in a transition": 0.0 if _in_transition(shot, segments) else 0.15,
        "colourful": 0.1 if colors - _NEUTRAL_COLORS else 0.0,
        "from a lively shot": 0.05 * min(measured.get("motion", 0.0) / _LIVELY, 1.0),
        "from a key shot": 0.1 * (shot.score or 0.0),
        title: 0.15 if title else 0.0,
    }
    return {merit: weight for merit, weight in merits.items() if weight >= _WORTH_SAYING}


def _in_transition(shot: Segment, segments: Sequence[Segment]) -> bool:
    at_s = shot.keyframe_s if shot.keyframe_s is not None else shot.start_s
    mixed = (abs(at_s - other.start_s) < (other.transition_s or 0.0) / 2 for other in segments)
    black = (other.kind == "black" and other.start_s <= at_s < other.end_s for other in segments)
    return any(mixed) or any(black)


def titles(findings: Iterable[Finding]) -> Iterator[Recommendation]:
    """Yields the names that models have suggested for the whole."""
    for finding in findings:
        if finding.name == "suggested_title":
            yield Recommendation(
                kind="title",
                value=_shortened(str(finding.value)),
                reason=f"suggested by {finding.producer}, which has watched all of it",
                score=finding.confidence,
            )


def chapters(
    segments: Sequence[Segment], findings: Sequence[Finding], tags: Sequence[Tag], duration_s: float
) -> Iterator[Recommendation]:
    """Yields an entry point for each scene long enough, titled with what begins to be read or heard there.

    What a model has divided the video into counts for more, if it did.

    Args:
        segments: Everything the segment stage found.
        findings: Everything the analyzers found.
        tags: The video's tags, surest first.
        duration_s: The video's length in seconds.
    """
    told = sorted((finding for finding in findings if finding.name == "chapter"), key=lambda told: told.start_s)
    if told:
        yield from map(_told_chapter, told)
        return
    shortest_s = max(_MIN_CHAPTER_S, _CHAPTER_SHARE * duration_s)
    openings: list[tuple[float, float]] = []
    for scene in (segment for segment in segments if segment.kind == "scene"):
        if not openings:
            openings.append((0.0, scene.end_s))
        elif min(scene.start_s - openings[-1][0], duration_s - scene.start_s) >= shortest_s:
            openings.append((scene.start_s, scene.end_s))
    if len(openings) < 2:
        return
    used: set[str] = set()
    ends = [*(start_s for start_s, _ in openings[1:]), duration_s]
    for number, ((start_s, opening_s), end_s) in enumerate(zip(openings, ends, strict=True), 1):
        # What the first scene shows says more about where the chapter begins than what comes later in it.
        headings = (*_headings(findings, start_s, opening_s), *_headings(findings, opening_s, end_s))
        titles = (*headings, *_topics(tags, start_s, end_s))
        title, source = next(((t, s) for t, s in titles if t not in used), (f"Chapter {number}", "a new scene"))
        used.add(title)
        yield Recommendation(
            kind="chapter",
            value=title,
            reason=source,
            score=0.5 if source == "a new scene" else 0.8,
            start_s=start_s,
        )


def _told_chapter(chapter: Finding) -> Recommendation:
    return Recommendation(
        kind="chapter",
        value=_shortened(str(chapter.value)),
        reason=f"a new part, by {chapter.producer}",
        score=chapter.confidence,
        start_s=chapter.start_s,
    )


def _headings(findings: Sequence[Finding], start_s: float, end_s: float) -> Iterator[tuple[str, str]]:
    """Yields the lines that appear within a span and are large enough to be a heading, largest first."""
    lines = [
        line
        for line in legible(findings)
        if start_s <= line.start_s < end_s
        and height(line) >= _HEADING_HEIGHT
        and any(len(word) > 2 and word.casefold() not in STOP_WORDS for word in word_list(str(line.value)))
    ]
    for line in sorted(lines, key=lambda line: (-round(height(line), 2), line.start_s)):
        yield _shortened(str(line.value)), "a new scene, titled with the largest text that appears in it"


def _topics(tags: Sequence[Tag], start_s: float, end_s: float) -> Iterator[tuple[str, str]]:
    def begins_here(evidence: Evidence) -> bool:
        return start_s <= evidence.start_s < end_s and evidence.modality in ("text", "speech")

    for tag in tags:
        if tag.kind == "topic" and any(map(begins_here, tag.evidence)):
            yield tag.label.capitalize(), "a new scene, titled with what it is about"


def _shortened(text: str) -> str:
    return text if len(text) <= _TITLE_CHARS else text[:_TITLE_CHARS].rsplit(" ", 1)[0] + " …"
