"""What a video is about, out of a published taxonomy.

``content_taxonomy.json`` holds the names of two levels as they were published, with their version and licence.
``category_cues.json`` is this project's own: for some of these categories, what to look for. A *sure* cue has no
meaning outside of its category; a *hint* has others, and only supports.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final, TypeAlias

from functions.tag.evidence import evidence_of
from functions.tag.words import singular, word_list
from shared.domain.records import Finding, Tag

__all__ = ["Taxonomy", "published_paths"]

_TAXONOMY: Final = Path(__file__).with_name("content_taxonomy.json")
_CUES: Final = Path(__file__).with_name("category_cues.json")
_MIN_CONFIDENCE: Final = 0.8  # a cue that may have been misread proves nothing
_MIN_CUES: Final = 2  # one cue alone is as often chance
_RIVAL: Final = 0.75  # a second category must be nearly as well supported as the first
_MAX_CATEGORIES: Final = 2

_Stems: TypeAlias = tuple[str, ...]


def published_paths() -> Mapping[str, str]:
    """Returns id -> path of each category of the published taxonomy, such as ``Science / Physics``."""
    paths: dict[str, str] = {}
    for area in json.loads(_TAXONOMY.read_text(encoding="utf-8"))["tier_1"]:
        paths[area["id"]] = area["name"]
        paths |= {key: f"{area['name']} / {name}" for key, name in area["tier_2"].items()}
    return paths


class Taxonomy:
    """The categories there are; no category is chosen rather than a doubtful one."""

    def __init__(self) -> None:
        self._categories: dict[_Stems, list[str]] = defaultdict(list)
        self._sure: set[tuple[str, _Stems]] = set()
        known = set(published_paths().values())
        for category, cues in json.loads(_CUES.read_text(encoding="utf-8")).items():
            if category not in known:
                raise ValueError(f"{category!r} has cues but is not in the taxonomy")
            self._sure |= {(category, _stems(cue)) for cue in cues["sure"]}
            for cue in (*cues["sure"], *cues["hints"]):
                self._categories[_stems(cue)].append(category)
        self._longest = max(map(len, self._categories))

    def categorize(self, findings: Iterable[Finding]) -> Sequence[Tag]:
        """Returns the categories whose cues were read or clearly heard, with the places where they were.

        Args:
            findings: Of any kind; those that are words are looked at.
        """
        found: dict[str, dict[_Stems, list[Finding]]] = defaultdict(lambda: defaultdict(list))
        for finding in findings:
            if finding.name in ("text", "words") and finding.confidence >= _MIN_CONFIDENCE:
                for cue in self._cues(_stems(str(finding.value))):
                    for category in self._categories[cue]:
                        found[category][cue].append(finding)
        tags = [_category(name, cues) for name, cues in found.items() if self._is_shown(name, cues)]
        tags.sort(key=lambda tag: (-tag.confidence, tag.label))
        return [tag for tag in tags if tag.confidence >= _RIVAL * tags[0].confidence][:_MAX_CATEGORIES]

    def _is_shown(self, category: str, cues: Iterable[_Stems]) -> bool:
        different = set(cues)
        return len(different) >= _MIN_CUES and any((category, cue) in self._sure for cue in different)

    def _cues(self, words: _Stems) -> Iterator[_Stems]:
        """Yields the longest cues in a text, none inside of another."""
        start = 0
        while start < len(words):
            lengths = range(min(self._longest, len(words) - start), 0, -1)
            length = next((n for n in lengths if words[start : start + n] in self._categories), 0)
            if length:
                yield words[start : start + length]
            start += max(length, 1)


def _category(name: str, cues: dict[_Stems, list[Finding]]) -> Tag:
    sure = fmean(max(finding.confidence for finding in found) for found in cues.values())
    findings = dict.fromkeys(finding for found in cues.values() for finding in found)
    return Tag(
        label=name.casefold(),
        kind="category",
        confidence=sure * (1 - 0.5 ** len(cues)),
        evidence=tuple(map(evidence_of, findings)),
        producer="taxonomy",
        producer_version="2",
    )


def _stems(text: str) -> _Stems:
    return tuple(map(singular, word_list(text)))
