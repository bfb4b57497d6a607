"""Strategy: turning findings into tags."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from shared.domain.media import MediaInfo
from shared.domain.records import Finding, Segment, Tag
from shared.processors.strategy import Strategy

__all__ = ["Tagger", "TaggingInput"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggingInput:
    """Everything a tagger may reason from."""

    media: MediaInfo
    segments: Sequence[Segment]
    findings: Sequence[Finding]

    def only(self, inputs: frozenset[str]) -> TaggingInput:
        """Returns it with nothing of those fields of Tagger.inputs that are not among these."""
        segments = self.segments if "segments" in inputs else ()
        findings = self.findings if "findings" in inputs else ()
        return TaggingInput(media=self.media, segments=segments, findings=findings)


class Tagger(Strategy, ABC):
    """Labels a video; every tag carries evidence. Entry-point group ``automations.taggers``.

    The stage merges what several taggers say about one label, so a tagger need not know of others. ``inputs`` are
    fields of TaggingInput; ``outputs`` kinds of tags.
    """

    inputs: ClassVar[frozenset[str]] = frozenset({"segments", "findings"})

    @abstractmethod
    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        """Yields tags in any order; duplicates are merged by the stage."""
