"""What a model has labelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from functions.tag.evidence import evidence_of
from functions.tag.words import singular, word_list
from shared.domain.records import Finding, Tag, TagKind
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["LabelsTagger"]

_KINDS: Final[Mapping[str, TagKind]] = {"label": "topic", "object": "object"}
_MIN_CONFIDENCE: Final = 0.5  # what a model doubts itself is not worth looking up
_MAX_TAGS: Final = 30


class _Quote:
    """A line or a phrase, by its words."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self._words = _spaced(str(finding.value))

    def says(self, label: str) -> bool:
        return _spaced(label) in self._words


class LabelsTagger(Tagger):
    """Takes over what a model, or a detector of things, is surest of; without one there is nothing.

    What is found as an ``object`` is tagged so. A ``label`` may be anything that somebody would search for. Lines
    and phrases that say the same, and that were not the model's, are evidence for it too.
    """

    name: ClassVar[str] = "labels"
    version: ClassVar[str] = "2"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        places: dict[tuple[str, TagKind], list[Finding]] = defaultdict(list)
        for finding in video.findings:
            if finding.name in _KINDS and finding.confidence >= _MIN_CONFIDENCE:
                places[str(finding.value).casefold(), _KINDS[finding.name]].append(finding)
        quotes = [_Quote(finding) for finding in video.findings if finding.name in ("text", "words")]
        own = [quote for quote in quotes if not quote.finding.prompt_version]
        tags = [
            self._tag(label, kind, [*found, *(quote.finding for quote in own if quote.says(label))])
            for (label, kind), found in places.items()
        ]
        return sorted(tags, key=lambda tag: (-tag.confidence, -len(tag.evidence), tag.label))[:_MAX_TAGS]

    def _tag(self, label: str, kind: TagKind, found: list[Finding]) -> Tag:
        return Tag(
            label=label,
            kind=kind,
            confidence=max(finding.confidence for finding in found if finding.name in _KINDS),
            evidence=tuple(map(evidence_of, found)),
            producer=self.name,
            producer_version=self.version,
        )


def _spaced(text: str) -> str:
    return f" {' '.join(map(singular, word_list(text)))} "
