"""What stands in the picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import ClassVar, Final

from shared.domain.records import Finding
from shared.ports.text_reader import TextLine
from shared.processors.analyzer import AnalysisInput, Analyzer, Keyframe
from shared.processors.strategy import StrategyPorts

__all__ = ["TextAnalyzer"]

_LOOK_EVERY_S: Final = 10.0  # slides and captions seldom change faster without a cut
_MAX_STILLS: Final = 120
_TIME_SHARE: Final = 1 / 2  # of what is left when it begins; the rest is for the analyzers that follow
_MIN_CONFIDENCE: Final = 0.6  # what is read with less is texture, not text
_SAME_TEXT: Final = 0.8  # likeness of two readings of one line
_ENUMERATION: Final = re.compile(r"^\W*\d{1,2}[.)]\s+|^\W+")  # bullets are now read, now not
_ROUNDING_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a shot, for which one picture stands: the keyframe if it lies inside, else a still."""

    keyframe: Keyframe
    start_s: float
    end_s: float

    @property
    def has_keyframe(self) -> bool:
        at_s = self.keyframe.shot.keyframe_s
        return at_s is not None and self.start_s <= at_s < self.end_s


class TextAnalyzer(Analyzer):
    """Reads the keyframe of each shot, and of long shots a still every ten seconds; best shots first.

    A line that is read in pictures following each other is one finding over the time they stand for.
    """

    name: ClassVar[str] = "text"
    version: ClassVar[str] = "1"

    def __init__(self, ports: StrategyPorts) -> None:
        self._reader = ports.text_reader
        self._media_tool = ports.media_tool

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        parts = _parts(video.keyframes)
        pictures = self._pictures(parts, video)
        stop_at_remaining_s = video.session.remaining_s() * (1 - _TIME_SHARE)
        findings: list[Finding] = []
        for done, (part, picture) in enumerate(pictures):
            if video.session.remaining_s() < stop_at_remaining_s:
                video.caveat(
                    "text_partly_read",
                    f"Text was read in {done} of {len(parts)} pictures, those of the most telling shots: "
                    "the stage's time would have run out.",
                )
                break
            findings += self._read(part, picture)
            video.session.progress((done + 1) / len(parts))
        return _joined(findings)

    def _pictures(self, parts: Sequence[_Part], video: AnalysisInput) -> Sequence[tuple[_Part, Path]]:
        """Returns every part with its picture, those of the highest ranked shots first."""
        between = [(part.start_s + part.end_s) / 2 for part in parts if not part.has_keyframe]
        stills = iter(
            self._media_tool.stills(video.pictures(), between, video.folder, video.session) if between else ()
        )
        pictures = [(part, part.keyframe.path if part.has_keyframe else next(stills)) for part in parts]
        return sorted(pictures, key=lambda pair: -(pair[0].keyframe.shot.score or 0.0))

    def _read(self, part: _Part, picture: Path) -> Iterator[Finding]:
        for line in self._reader.read(picture):
            if line.confidence >= _MIN_CONFIDENCE and sum(map(str.isalnum, line.text)) > 1:
                yield self._finding(part, line)

    def _finding(self, part: _Part, line: TextLine) -> Finding:
        return Finding(
            name="text",
            modality="text",
            value=line.text,
            start_s=part.start_s,
            end_s=part.end_s,
            confidence=line.confidence,
            producer=self.name,
            producer_version=f"{self.version} {self._reader.name} {self._reader.version}",
            shot=part.keyframe.shot.index,
            frame=part.keyframe.object if part.has_keyframe else None,
            box=line.box,
        )


def _parts(keyframes: Sequence[Keyframe]) -> Sequence[_Part]:
    shots = [keyframe.shot for keyframe in keyframes]
    long_s = sum(shot.end_s - shot.start_s for shot in shots if shot.end_s - shot.start_s > _LOOK_EVERY_S)
    every_s = max(_LOOK_EVERY_S, long_s / _MAX_STILLS)
    parts = []
    for keyframe in keyframes:
        start_s, length_s = keyframe.shot.start_s, keyframe.shot.end_s - keyframe.shot.start_s
        count = ceil(length_s / every_s)
        edges = [start_s + length_s * edge / count for edge in range(count)] + [keyframe.shot.end_s]
        parts += [_Part(keyframe, *edge) for edge in pairwise(edges)]
    return parts


def _joined(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Joins readings of one line in parts that follow each other, keeping the best reading's text and frame."""
    joined: list[Finding] = []
    open_from = 0  # everything before has ended
    for finding in sorted(findings, key=lambda finding: finding.start_s):
        while open_from < len(joined) and joined[open_from].end_s < finding.start_s - _ROUNDING_S:
            open_from += 1
        for index in range(open_from, len(joined)):
            earlier = joined[index]
            if abs(earlier.end_s - finding.start_s) < _ROUNDING_S and _same(earlier, finding):
                best = max(earlier, finding, key=_legibility)
                joined[index] = replace(best, start_s=earlier.start_s, end_s=finding.end_s)
                break
        else:
            joined.append(finding)
    return joined


def _same(one: Finding, other: Finding) -> bool:
    first, second = (_ENUMERATION.sub("", str(finding.value)).casefold() for finding in (one, other))
    # "Step 1" and "Step 2" are alike, but they are not the same.
    same_numbers = re.findall(r"\d+", first) == re.findall(r"\d+", second)
    return same_numbers and SequenceMatcher(None, first, second).ratio() >= _SAME_TEXT


def _legibility(reading: Finding) -> float:
    return reading.confidence * len(str(reading.value))
