"""Labels of a video, and where in it they were seen or heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from shared.domain.object_ref import ObjectRef
from shared.domain.timing import Timed

__all__ = ["Evidence", "Modality", "Tag", "TagKind", "TimeSpan", "merged_spans"]

Modality: TypeAlias = Literal["text", "speech", "sound", "picture"]
TagKind: TypeAlias = Literal[
    "object", "topic", "text", "sound", "style", "quality", "person-mentioned", "category"
]

_MAX_SPANS: Final = 100
"""Of one tag; what is said every few seconds of hours is said all the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpan:
    """The stretch ``[start_s, end_s)`` of a video, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a tag was seen or heard, and by whom. At least one of ``quote`` and ``frame`` is set.

    Attributes:
        start_s: First instant.
        end_s: First instant after it.
        modality: The sense it came through.
        confidence: How sure the producer is, 0..1.
        producer: Name of the analyzer.
        producer_version: Its version; empty for evidence that was stored before it was noted.
        prompt_version: Name and version of the prompt it answers; empty for what no model said.
        quote: What was read, heard or measured there.
        frame: The picture that shows it.
    """

    start_s: float
    end_s: float
    modality: Modality
    confidence: float
    producer: str
    producer_version: str = ""
    prompt_version: str = ""
    quote: str | None = None
    frame: ObjectRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A normalised label with its evidence, which is never empty.

    Attributes:
        label: Lower-case words.
        kind: What it says something about: an ``object`` in the picture, a ``topic``, words that stand there
            (``text``), the ``sound``, the ``style`` or ``quality`` of the video, a ``person-mentioned`` by name in
            text or speech, or a ``category`` of a published taxonomy.
        confidence: How often, from 0 to 1, such a tag is right: of those said at 0.8, about 80 of 100 are.
        evidence: Some places where it was found: first what no model said, and of that the strongest.
        producer: Name of the tagger.
        producer_version: Its version.
        spans: All places where it was found, in time order, neither overlapping nor touching; empty for a tag that
            was stored before they were noted.
    """

    label: str
    kind: TagKind
    confidence: float
    evidence: tuple[Evidence, ...]
    producer: str
    producer_version: str
    spans: tuple[TimeSpan, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"tag {self.label!r} has no evidence")

    @property
    def modality(self) -> Modality:
        """The sense that its first evidence came through."""
        return self.evidence[0].modality

    @property
    def verified(self) -> bool:
        """Whether something shows it besides a model that was asked, which can be told what to see."""
        return any(not one.prompt_version for one in self.evidence)

    @property
    def prompt_version(self) -> str:
        """Name and version of the prompts that its evidence answers; empty where no model was asked."""
        return ", ".join(sorted({one.prompt_version for one in self.evidence if one.prompt_version}))


def merged_spans(places: Iterable[Timed], most: int = _MAX_SPANS) -> tuple[TimeSpan, ...]:
    """Returns the stretches of time that pieces of evidence, or stretches, cover together, in order.

    Args:
        places: In any order.
        most: Stretches there may be; where there are more, those that lie nearest to each other are joined.
    """
    edges = sorted((place.start_s, place.end_s) for place in places)
    joined = _joined(edges, 0.0)
    if len(joined) > most:
        gaps = sorted(later[0] - earlier[1] for earlier, later in pairwise(joined))
        joined = _joined(joined, gaps[len(joined) - most - 1])
    return tuple(TimeSpan(start_s=start_s, end_s=end_s) for start_s, end_s in joined)


def _joined(edges: Iterable[tuple[float, float]], gap_s: float) -> list[tuple[float, float]]:
    """Returns spans in time order with those made one that lie no further than that apart."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s in edges:
        if joined and start_s - joined[-1][1] <= gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return joined
