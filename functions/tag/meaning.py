"""What search by meaning gets: the video in passages, each as a point among others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.records import Embedding, Finding, Segment
from shared.ports.embedder import Embedder
from shared.processors.stage import StageContext

__all__ = ["Passage", "embeddings", "passages"]

_MOST: Final = 200  # each is a request; nobody looks for places in hours of video more finely
_TOGETHER: Final = 20  # kept as one; what an outage interrupts is asked, and paid for, once more
_MAX_CHARS: Final = 2000  # embedding models read about 2,000 tokens
_ABOUT_ALL: Final = ("suggested_title", "summary")
_ABOUT_PLACES: Final = ("description", "words", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is known in words about a stretch of the video."""

    text: str
    start_s: float
    end_s: float


def passages(segments: Sequence[Segment], findings: Sequence[Finding], duration_s: float) -> Sequence[Passage]:
    """Returns the whole, if something was said about it, and each scene in which there is something.

    Args:
        segments: Everything the segment stage found.
        findings: Everything the analyzers found.
        duration_s: The video's length in seconds; of a long one with many scenes, neighbours are one passage.
    """
    about_all = ". ".join(
        str(finding.value) for name in _ABOUT_ALL for finding in findings if finding.name == name
    )
    whole = [Passage(text=about_all[:_MAX_CHARS], start_s=0.0, end_s=duration_s)] if about_all else []
    told = [finding for name in _ABOUT_PLACES for finding in findings if finding.name == name]
    return [*whole, *_places(_stretches(segments, duration_s), told)]


def embeddings(embedder: Embedder, about: Sequence[Passage], context: StageContext) -> Iterator[Embedding]:
    """Yields each passage with its vector; asks for none that was asked for before.

    Args:
        embedder: What embeds.
        about: The passages.
        context: Bounds the time, gets the bill, keeps the vectors.
    """
    if not embedder.priced:
        context.caveat("model_price_unknown", f"No list price is known for {embedder.model}.")
    for start in range(0, len(about), _TOGETHER):
        some = about[start : start + _TOGETHER]
        for passage, vector in zip(some, _vectors(embedder, some, context), strict=True):
            yield Embedding(
                text=passage.text,
                start_s=passage.start_s,
                end_s=passage.end_s,
                model=embedder.model,
                vector=tuple(vector),
            )


def _vectors(embedder: Embedder, about: Sequence[Passage], context: StageContext) -> Sequence[Sequence[float]]:
    texts = [passage.text for passage in about]
    key = json.dumps(["embeddings", embedder.model, texts])
    kept = context.recall(key)
    if kept is not None:
        known: Sequence[Sequence[float]] = json.loads(kept)
        return known
    vectors = embedder.embed(texts, "document", context)
    context.keep(key, json.dumps(vectors).encode())
    return vectors


def _stretches(segments: Sequence[Segment], duration_s: float) -> Sequence[tuple[float, float]]:
    """Returns the scenes, or groups of them that last long enough to be few."""
    stretches: list[tuple[float, float]] = []
    for scene in (segment for segment in segments if segment.kind == "scene"):
        if stretches and stretches[-1][1] - stretches[-1][0] < duration_s / _MOST:
            stretches[-1] = (stretches[-1][0], scene.end_s)
        else:
            stretches.append((scene.start_s, scene.end_s))
    return stretches or [(0.0, duration_s)]


def _places(stretches: Sequence[tuple[float, float]], told: Sequence[Finding]) -> Iterator[Passage]:
    for start_s, end_s in stretches:
        said = dict.fromkeys(str(finding.value) for finding in told if start_s <= finding.start_s < end_s)
        if said:
            yield Passage(text=" ".join(said)[:_MAX_CHARS], start_s=start_s, end_s=end_s)
