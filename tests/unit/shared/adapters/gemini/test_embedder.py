from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.gemini import GeminiClient, GeminiEmbedder
from shared.domain.errors import TransientError
from shared.domain.video import Cost
from shared.testing.stage_context import FakeStageContext
from shared.testing.vertex_ai import Asked, Served, VertexAiServer, failure

TEXTS = ["a night train leaves", "the train arrives at night", "a cat sleeps"]


@pytest.fixture
def server() -> Iterator[VertexAiServer]:
    with VertexAiServer() as server:
        yield server


@pytest.fixture
def session(tmp_path: Path) -> FakeStageContext:
    return FakeStageContext(tmp_path)


def embedder_of(server: VertexAiServer, name: str = "gemini-embedding-001") -> GeminiEmbedder:
    client = GeminiClient("demo", "global", endpoint=server.url, tries=2, pause_s=0.001)
    return GeminiEmbedder(client, name, dimensions=128)


def test_each_text_is_a_vector_of_length_1_in_their_order(
    server: VertexAiServer, session: FakeStageContext
) -> None:
    vectors = embedder_of(server).embed(TEXTS, "document", session)
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * 3)
    assert _cosine(vectors[0], vectors[1]) > _cosine(vectors[0], vectors[2])
    assert (session.spent.model_calls, session.spent.input_tokens) == (3, 12)
    assert session.spent.model_usd == pytest.approx(12 * 0.15 / 1e6)


def test_the_request_is_what_the_reference_says(server: VertexAiServer, session: FakeStageContext) -> None:
    embedder = embedder_of(server)
    assert embedder.model == "gemini-embedding-001/128"
    embedder.embed(["where is the train"], "query", session)
    (asked,) = server.asked
    assert asked.path == "/v1/projects/demo/locations/global/publishers/google/models/gemini-embedding-001:predict"
    assert asked.body == {
        "instances": [{"content": "where is the train", "taskType": "RETRIEVAL_QUERY"}],
        "parameters": {"outputDimensionality": 128},
    }


def test_later_models_are_asked_their_own_way(server: VertexAiServer, session: FakeStageContext) -> None:
    def embed(asked: Asked) -> Served:
        assert asked.path.endswith("/gemini-embedding-2:embedContent")
        assert asked.body["content"]["parts"] == [{"text": "a cat"}]
        body = {"embedding": {"values": [3.0] * 128}, "usageMetadata": {"promptTokenCount": 2}}
        return Served(body=json.dumps(body).encode())

    server.script = embed
    embedder = embedder_of(server, "gemini-embedding-2")
    (vector,) = embedder.embed(["a cat"], "document", session)
    assert math.hypot(*vector) == pytest.approx(1.0)
    assert (embedder.priced, session.spent) == (False, Cost(model_calls=1, input_tokens=2))


@pytest.mark.parametrize("values", [[], [0.0] * 128, [1.0] * 127])
def test_what_is_no_vector_is_not_kept(
    server: VertexAiServer, session: FakeStageContext, values: list[Any]
) -> None:
    body = {"predictions": [{"embeddings": {"values": values}}]}
    server.script = lambda _: Served(body=json.dumps(body).encode())
    with pytest.raises(TransientError, match="no vector of 128"):
        embedder_of(server).embed(["a cat"], "document", session)


def test_nobody_waits_long_for_a_search(server: VertexAiServer) -> None:
    embedder_of(server).embed(["a cat"], "query", None)
    assert int(server.asked[0].headers["x-server-timeout"]) <= 10


def test_when_one_text_fails_no_other_is_begun(server: VertexAiServer, session: FakeStageContext) -> None:
    server.script = lambda _: failure(500)
    with pytest.raises(TransientError, match="model_unavailable"):
        embedder_of(server).embed(["a cat"] * 100, "document", session)
    assert len(server.asked) < 20


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
