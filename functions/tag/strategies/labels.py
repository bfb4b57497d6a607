"""What a model has labelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import ClassVar, Final

from functions.tag.evidence import evidence_of
from shared.domain.records import Finding, Tag
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["LabelsTagger"]

_MIN_CONFIDENCE: Final = 0.5  # what a model doubts itself is not worth looking up
_MAX_TAGS: Final = 30


class LabelsTagger(Tagger):
    """Takes over the labels that a model is surest of; without such a model there are none."""

    name: ClassVar[str] = "labels"
    version: ClassVar[str] = "1"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        places: dict[str, list[Finding]] = defaultdict(list)
        for finding in video.findings:
            if finding.name == "label" and finding.confidence >= _MIN_CONFIDENCE:
                places[str(finding.value).casefold()].append(finding)
        tags = [self._tag(label, found) for label, found in places.items()]
        return sorted(tags, key=lambda tag: (-tag.confidence, -len(tag.evidence), tag.label))[:_MAX_TAGS]

    def _tag(self, label: str, found: list[Finding]) -> Tag:
        return Tag(
            label=label,
            kind="topic",
            confidence=max(finding.confidence for finding in found),
            evidence=tuple(map(evidence_of, found)),
            producer=self.name,
            producer_version=self.version,
        )
