"""What every Embedder does, the fake included."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from shared.adapters.gemini import GeminiClient, GeminiEmbedder
from shared.ports.embedder import Embedder
from shared.testing.models import FakeEmbedder
from shared.testing.stage_context import FakeStageContext
from shared.testing.vertex_ai import VertexAiServer

TEXTS = ["a night train leaves", "the cat sleeps", "the train arrives at night"]


@pytest.fixture(params=["fake", "gemini"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "fake":
        yield FakeEmbedder()
        return
    with VertexAiServer() as server:
        yield GeminiEmbedder(
            GeminiClient("demo", "global", endpoint=server.url), "gemini-embedding-001", dimensions=128
        )


def test_each_text_is_a_point_at_distance_1_and_like_ones_are_near(embedder: Embedder, tmp_path: Path) -> None:
    session = FakeStageContext(tmp_path)
    train, cat, other = embedder.embed(TEXTS, "document", session)
    assert [math.hypot(*point) for point in (train, cat, other)] == pytest.approx([1.0] * 3)
    assert cosine(train, other) > cosine(train, cat)
    assert (session.spent.model_calls, session.spent.input_tokens) == (3, 12)
    (query,) = embedder.embed(TEXTS[:1], "query", None)
    assert cosine(query, train) == pytest.approx(1.0)


def test_nothing_is_nothing(embedder: Embedder, tmp_path: Path) -> None:
    assert [*embedder.embed([], "document", FakeStageContext(tmp_path))] == []


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
