"""What is said in a video, made of what the analyzers heard."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Final

from shared.domain.media import MediaInfo
from shared.domain.records import Finding

__all__ = ["CAPTION_MAX_CHARS", "ROUGH_BELOW", "Line", "Transcript", "transcript_of"]

CAPTION_MAX_CHARS: Final = 84
"""Two lines of 42, which is what people read at a glance."""

ROUGH_BELOW: Final = 0.5
"""Confidence below which more may be wrong than right: a guess, and shown as one."""

_SHORTEST_S: Final = 0.001  # what has no length is never shown
_SURE_OF_LANGUAGE: Final = 0.5
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that is said without a pause.

    Attributes:
        start_s: First instant.
        end_s: First instant after it.
        text: The words; data from a stranger, never markup.
        confidence: How sure the producer is, 0..1.
    """

    start_s: float
    end_s: float
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Everything that is said, as one analyzer heard it.

    Attributes:
        lines: In the order of their beginnings; may be empty.
        producer: Name of the analyzer; empty when there are no lines.
        language: ISO 639 code of what is said, as it was heard or else as the file says; None when nobody knows.
    """

    lines: tuple[Line, ...]
    producer: str
    language: str | None

    @property
    def rough(self) -> bool:
        """Whether more of it may be wrong than right, by how sure the producer was of each second."""
        length_s = sum(line.end_s - line.start_s for line in self.lines)
        return _sure_s(self.lines) < ROUGH_BELOW * length_s

    def captions(self) -> Iterator[Line]:
        """Yields the lines in pieces short enough to be read below a picture, each in its share of the time."""
        for line in self.lines:
            pieces = wrap(line.text, CAPTION_MAX_CHARS)
            s_a_char = (line.end_s - line.start_s) / sum(map(len, pieces))
            start_s = line.start_s
            for piece in pieces:
                end_s = start_s + max(s_a_char * len(piece), _SHORTEST_S)
                yield replace(line, text=piece, start_s=start_s, end_s=end_s)
                start_s = end_s


def transcript_of(findings: Sequence[Finding], media: MediaInfo | None) -> Transcript:
    """Returns the transcript of a video.

    Where several analyzers listened, the one counts that heard most, each second as much as it was sure of it.

    Args:
        findings: Everything that was found in the video.
        media: What probing its file found.
    """
    heard: dict[str, list[Line]] = defaultdict(list)
    for finding in findings:
        if finding.name == "words" and isinstance(finding.value, str) and finding.value.strip():
            heard[finding.producer].append(_line(finding, finding.value))
    producer = max(sorted(heard), key=lambda name: _sure_s(heard[name]), default="")
    lines = sorted(heard[producer], key=lambda line: (line.start_s, line.end_s))
    return Transcript(lines=tuple(lines), producer=producer, language=_language(findings, media))


def _line(finding: Finding, text: str) -> Line:
    return Line(start_s=finding.start_s, end_s=finding.end_s, text=text, confidence=finding.confidence)


def _sure_s(lines: Sequence[Line]) -> float:
    return sum((line.end_s - line.start_s) * line.confidence for line in lines)


def _language(findings: Sequence[Finding], media: MediaInfo | None) -> str | None:
    heard = [
        finding
        for finding in findings
        if finding.name == "speech_language" and finding.confidence >= _SURE_OF_LANGUAGE
        if _LANGUAGE.fullmatch(str(finding.value))  # it goes into manifests
    ]
    if heard:
        return str(max(heard, key=lambda finding: finding.end_s - finding.start_s).value)
    # Only the first sound stream is listened to.
    language = media.audio[0].language if media is not None and media.audio else "und"
    return language if language != "und" and _LANGUAGE.fullmatch(language) else None
