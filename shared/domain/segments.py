"""The parts that a video falls into, and how much each matters.

Times are seconds on the source's timeline, intervals half-open ``[start_s, end_s)``; frames are 0-based
indices of the source's picture stream, half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.domain.object_ref import ObjectRef

__all__ = ["Rank", "Segment", "SegmentKind", "Sign", "Transition", "clear_spans"]

SegmentKind: TypeAlias = Literal["shot", "transition", "scene", "black", "silence", "speech", "music"]
Transition: TypeAlias = Literal["none", "cut", "fade", "dissolve", "wipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One of the things that make a segment matter.

    Attributes:
        name: ``speech``, ``text``, ``motion``, ``novelty`` or ``loudness``.
        value: How much of it there is, 0..1.
        words: What was measured, in words, with the figure.
    """

    name: str
    value: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A span of the video.

    Attributes:
        kind: What the span is; a ``transition`` is a fade, dissolve or wipe, from the first frame that is not
            wholly the old picture to the first that is wholly the new one.
        index: 0-based position among the segments of its kind.
        start_s: First instant.
        end_s: First instant after it.
        start_frame: First source frame; shots and transitions only.
        end_frame: First source frame after it; shots and transitions only.
        transition_in: How a shot begins, or which kind a transition is; None for other kinds.
        transition_s: Seconds that takes, before, after or around start_s; 0 for a cut, None for other kinds.
        scene: Index of the scene a shot belongs to; None for other kinds.
        keyframe: The picture that stands for it; shots only.
        keyframe_s: When that picture is shown.
        score: How much the segment matters within its kind, 0..1, by what was seen and heard before anything was
            read; a Rank knows more. None when not ranked.
        reason: Why it got that score, in words.
        signs: What the score is made of; empty where nothing is to be seen.
        confidence: How sure the producer is, 0..1.
        producer: Name of the algorithm.
        producer_version: Its version.
    """

    kind: SegmentKind
    index: int
    start_s: float
    end_s: float
    start_frame: int | None = None
    end_frame: int | None = None
    transition_in: Transition | None = None
    transition_s: float | None = None
    scene: int | None = None
    keyframe: ObjectRef | None = None
    keyframe_s: float | None = None
    score: float | None = None
    reason: str = ""
    signs: tuple[Sign, ...] = ()
    confidence: float = 1.0
    producer: str
    producer_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """How much a segment matters by all that is known of it, once everything was found.

    Attributes:
        kind: What the segment is: ``shot`` or ``scene``.
        index: Its position among those of its kind.
        score: 0..1 within its kind.
        reason: Why, in words with the figures.
        signs: What the score is made of.
    """

    kind: SegmentKind
    index: int
    score: float
    reason: str
    signs: tuple[Sign, ...]


def clear_spans(shots: Sequence[Segment]) -> list[tuple[float, float]]:
    """Returns when each shot shows nothing but itself; where its transitions take all of it, the end comes first.

    How the span of a transition lies around the boundary depends on its kind: all of it is left out on both sides.

    Args:
        shots: In time order.
    """
    taken_s = [*(shot.transition_s or 0.0 for shot in shots), 0.0]
    return [
        (shot.start_s + arriving_s, shot.end_s - leaving_s)
        for shot, arriving_s, leaving_s in zip(shots, taken_s[:-1], taken_s[1:], strict=True)
    ]
