"""The shapes in which the API shows what was found in videos, field by field.

Times are seconds on the source's timeline; intervals are half-open ``[start_s, end_s)``; frames are 0-based.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from shared.domain.framing import Box
from shared.domain.labels import Verdict
from shared.domain.records import (
    Modality,
    RecommendationKind,
    SearchSource,
    SegmentKind,
    Sign,
    TagKind,
    Transition,
)
from shared.domain.tags import TimeSpan

__all__ = [
    "EvidenceView",
    "FindingView",
    "LabelView",
    "PieceView",
    "RecommendationView",
    "SearchHitView",
    "SegmentView",
    "TagView",
]


class SegmentView(Struct, frozen=True):
    """A span of the video; frames and transition are a shot's, or a transition's own.

    ``signs`` are what the score is made of, with the figures; a first score is there before anything was read.
    """

    kind: SegmentKind
    index: int
    start_s: float
    end_s: float
    start_frame: int | None
    end_frame: int | None
    transition_in: Transition | None
    scene: int | None
    keyframe_url: str | None
    keyframe_s: float | None
    score: float | None
    reason: str
    signs: tuple[Sign, ...]
    confidence: float
    producer: str
    producer_version: str


class EvidenceView(Struct, frozen=True):
    """Where a tag was seen or heard."""

    start_s: float
    end_s: float
    modality: Modality
    confidence: float
    producer: str
    producer_version: str
    prompt_version: str
    quote: str | None
    frame_url: str | None


class TagView(Struct, frozen=True):
    """A label, all its places in time order, and evidence for some of them.

    ``confidence`` is how often such a tag is right: of those said at 0.8, about 80 of 100 are. ``verified`` says
    whether something shows it besides a model that was asked; such evidence comes first, then the strongest.
    ``modality`` is the sense that the first came through, ``prompt_version`` what a model was asked, if one was.
    """

    label: str
    kind: TagKind
    confidence: float
    verified: bool
    modality: Modality
    spans: tuple[TimeSpan, ...]
    evidence: tuple[EvidenceView, ...]
    producer: str
    producer_version: str
    prompt_version: str


class LabelView(Struct, frozen=True):
    """What a person said about a tag.

    ``verdict`` is ``confirmed`` for a tag that was found and is right, ``added`` for one that should have been
    found, ``rejected`` for one that is wrong. The rest is as it was when the tag was judged; ``confidence`` is
    null for one that nobody had found.
    """

    video_id: str
    generation: int
    label: str
    kind: TagKind
    verdict: Verdict
    spans: tuple[TimeSpan, ...]
    evidence: tuple[EvidenceView, ...]
    confidence: float | None
    producer: str
    producer_version: str
    prompt_version: str
    by: str
    at: datetime | None


class RecommendationView(Struct, frozen=True):
    """Something worth doing or watching next; ``value`` is its text, empty for pictures.

    A ``reframe`` says ``crop`` or ``pad`` in ``value``; a ``fix`` says what to do. ``box`` is x, y, width and
    height in 0..1 of the upright picture: what to keep of it. Times are null where the whole video is meant.
    """

    kind: RecommendationKind
    value: str
    reason: str
    score: float
    start_s: float | None
    end_s: float | None
    frame_url: str | None
    box: Box | None


class FindingView(Struct, frozen=True):
    """One thing found, where, by whom, and how surely.

    ``verified`` says of what a model quotes whether it was read or heard on the device at that moment; it is null
    for what quotes nothing.
    """

    name: str
    modality: Modality
    value: str | float | tuple[str, ...]
    start_s: float
    end_s: float
    confidence: float
    producer: str
    producer_version: str
    prompt_version: str
    shot: int | None
    frame_url: str | None
    box: Box | None
    reason: str
    verified: bool | None


class PieceView(Struct, frozen=True):
    """A part of a text, plain, and whether it is what was looked for."""

    text: str
    marked: bool


class SearchHitView(Struct, frozen=True):
    """One place in one video where the query was found.

    ``fit`` says whether all words are there whole, some begin longer ones, or some are only spelt alike; it is
    null where meanings were compared. ``rough`` says that the text is more likely wrong than right, such as what a
    rough transcriber heard. ``excerpt`` is what to show of the text, in pieces. ``url`` is where the
    console shows it.
    """

    video_id: str
    name: str
    title: str
    source: SearchSource
    text: str
    excerpt: tuple[PieceView, ...]
    start_s: float
    end_s: float
    rough: bool
    fit: Literal["whole", "beginnings", "alike"] | None
    score: float
    url: str
