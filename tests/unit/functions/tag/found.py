"""Findings as analyzers leave them; a test names only what it is about."""

from __future__ import annotations

from typing import Any

from shared.domain.records import Evidence, Finding, Segment, Tag
from shared.processors.tagger import TaggingInput
from shared.testing.videos import media_info

DURATION_S = 10.0


def text(value: str, **values: Any) -> Finding:
    """Returns a line that was read surely, in letters of a common size."""
    defaults: dict[str, Any] = {"start_s": 0.0, "end_s": 2.0, "confidence": 1.0, "box": (0.1, 0.1, 0.6, 0.04)}
    return Finding(
        name="text", modality="text", value=value, producer="text", producer_version="1", **(defaults | values)
    )


def words(value: str, **values: Any) -> Finding:
    """Returns a phrase that was heard clearly."""
    defaults: dict[str, Any] = {"start_s": 0.0, "end_s": 2.0, "confidence": 0.9}
    return Finding(
        name="words", modality="speech", value=value, producer="words", producer_version="1", **(defaults | values)
    )


def told(name: str, value: str, **values: Any) -> Finding:
    """Returns what a model said, about the first two seconds."""
    defaults: dict[str, Any] = {
        "start_s": 0.0,
        "end_s": 2.0,
        "confidence": 0.9,
        "modality": "picture",
        "producer_version": "1 model",
        "prompt_version": "window.v1",
    }
    return Finding(name=name, value=value, producer="gemini", **(defaults | values))


def measured(name: str, value: str | float | tuple[str, ...], **values: Any) -> Finding:
    """Returns a measurement of the whole video."""
    defaults: dict[str, Any] = {"start_s": 0.0, "end_s": DURATION_S, "confidence": 1.0, "modality": "picture"}
    return Finding(name=name, value=value, producer="pictures", producer_version="1", **(defaults | values))


def span(kind: Any, start_s: float, end_s: float, **values: Any) -> Segment:
    """Returns a segment that is no shot."""
    defaults: dict[str, Any] = {"index": 0, "producer": "test", "producer_version": "1"}
    return Segment(kind=kind, start_s=start_s, end_s=end_s, **(defaults | values))


def evidence(**values: Any) -> Evidence:
    """Returns a place where something was read."""
    defaults: dict[str, Any] = {
        "start_s": 0.0,
        "end_s": 2.0,
        "modality": "text",
        "confidence": 0.9,
        "producer": "text",
        "quote": "a quote",
    }
    return Evidence(**(defaults | values))


def tag(label: str, **values: Any) -> Tag:
    """Returns a topic."""
    defaults: dict[str, Any] = {
        "kind": "topic",
        "confidence": 0.8,
        "evidence": (evidence(),),
        "producer": "keywords",
        "producer_version": "1",
    }
    return Tag(label=label, **(defaults | values))


def video(*findings: Finding, segments: tuple[Segment, ...] = (), **media: Any) -> TaggingInput:
    """Returns what taggers reason from, for a video of ten seconds."""
    return TaggingInput(media=media_info(duration_s=DURATION_S, **media), segments=segments, findings=findings)
