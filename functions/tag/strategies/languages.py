"""In which language something is written or said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar, Final, Literal

from functions.tag.evidence import evidence_of
from functions.tag.words import word_list
from shared.domain.records import Finding, Tag
from shared.domain.timing import overlap
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["LanguagesTagger"]

_NAMES: Final = Path(__file__).parents[1] / "language_names.json"
_MIN_CONFIDENCE: Final = 0.5
_MIN_WORDS: Final = 2
_FORMS: Final[Sequence[tuple[str, str, str, Literal["style", "sound"]]]] = (
    ("text_language", "text", "text", "style"),
    ("speech_language", "words", "speech", "sound"),
)
"""Name of the finding, name of those that quote what is in that language, what to call that, kind of tag."""


class LanguagesTagger(Tagger):
    """Says ``german text`` and ``english speech``, and quotes the lines and phrases."""

    name: ClassVar[str] = "languages"
    version: ClassVar[str] = "1"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        for finding_name, quoted, medium, kind in _FORMS:
            quotable = [finding for finding in video.findings if finding.name == quoted]
            for told in video.findings:
                name = _names().get(str(told.value), "")
                if told.name == finding_name and told.confidence >= _MIN_CONFIDENCE and name:
                    quotes = _telling(told, quotable)
                    if quotes:
                        yield self._tag(f"{name} {medium}", kind, told, quotes)

    def _tag(self, label: str, kind: Literal["style", "sound"], told: Finding, quotes: Sequence[Finding]) -> Tag:
        return Tag(
            label=label,
            kind=kind,
            confidence=told.confidence,
            evidence=tuple(map(evidence_of, quotes)),
            producer=self.name,
            producer_version=self.version,
        )


def _telling(told: Finding, quotable: Iterable[Finding]) -> Sequence[Finding]:
    """Returns what has words enough to tell its language, of what one analyzer left with the language."""
    return [
        one
        for one in quotable
        if (one.producer, one.producer_version) == (told.producer, told.producer_version)
        and overlap(one, told)
        and len(word_list(str(one.value))) >= _MIN_WORDS
    ]


@cache
def _names() -> Mapping[str, str]:
    names: Mapping[str, str] = json.loads(_NAMES.read_text(encoding="utf-8"))
    return names
