"""What a video is about, out of a small published list: ``taxonomy.json``, two levels, keywords for each leaf."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final, TypeAlias

from functions.tag.evidence import evidence_of
from functions.tag.words import singular, word_list
from shared.domain.records import Finding, Tag

__all__ = ["Taxonomy"]

_TAXONOMY: Final = Path(__file__).with_name("taxonomy.json")
_MIN_CONFIDENCE: Final = 0.8  # a keyword that may have been misread proves nothing
_MIN_KEYWORDS: Final = 2  # one keyword alone is as often chance or a second meaning
_RIVAL: Final = 0.75  # a second category must be nearly as well supported as the first
_MAX_CATEGORIES: Final = 2

_Stems: TypeAlias = tuple[str, ...]


class Taxonomy:
    """The categories there are; no category is chosen rather than a doubtful one.

    Args:
        path: JSON: first level -> second level -> keywords.
    """

    def __init__(self, path: Path = _TAXONOMY) -> None:
        self._leaves: dict[_Stems, list[str]] = defaultdict(list)
        for area, topics in json.loads(path.read_text(encoding="utf-8")).items():
            for topic, keywords in topics.items():
                for keyword in keywords:
                    self._leaves[_stems(keyword)].append(f"{area} / {topic}")
        self._longest = max(map(len, self._leaves))

    def categorize(self, findings: Iterable[Finding]) -> Sequence[Tag]:
        """Returns the categories whose keywords were read or clearly heard, with the places where they were.

        Args:
            findings: Of any kind; those that are words are looked at.
        """
        found: dict[str, dict[_Stems, list[Finding]]] = defaultdict(lambda: defaultdict(list))
        for finding in findings:
            if finding.name in ("text", "words") and finding.confidence >= _MIN_CONFIDENCE:
                for keyword in self._keywords(_stems(str(finding.value))):
                    for leaf in self._leaves[keyword]:
                        found[leaf][keyword].append(finding)
        tags = [_category(leaf, keywords) for leaf, keywords in found.items() if len(keywords) >= _MIN_KEYWORDS]
        tags.sort(key=lambda tag: (-tag.confidence, tag.label))
        return [tag for tag in tags if tag.confidence >= _RIVAL * tags[0].confidence][:_MAX_CATEGORIES]

    def _keywords(self, words: _Stems) -> Iterator[_Stems]:
        """Yields the longest keywords in a text, none inside of another."""
        start = 0
        while start < len(words):
            lengths = range(min(self._longest, len(words) - start), 0, -1)
            length = next((n for n in lengths if words[start : start + n] in self._leaves), 0)
            if length:
                yield words[start : start + length]
            start += max(length, 1)


def _category(label: str, keywords: dict[_Stems, list[Finding]]) -> Tag:
    sure = fmean(max(finding.confidence for finding in found) for found in keywords.values())
    findings = dict.fromkeys(finding for found in keywords.values() for finding in found)
    return Tag(
        label=label,
        kind="category",
        confidence=sure * (1 - 0.5 ** len(keywords)),
        evidence=tuple(map(evidence_of, findings)),
        producer="taxonomy",
        producer_version="1",
    )


def _stems(text: str) -> _Stems:
    return tuple(map(singular, word_list(text)))
