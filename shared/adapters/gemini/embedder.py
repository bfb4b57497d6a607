"""Texts as vectors, by Gemini's embedding models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

from google import genai
from google.genai import types

from shared.adapters.gemini.client import GeminiClient
from shared.adapters.gemini.prices import price_of
from shared.domain.errors import TransientError
from shared.domain.video import Cost
from shared.ports.tool_session import ToolSession

__all__ = ["GeminiEmbedder"]

_TASKS: Final = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}


class GeminiEmbedder:
    """Implements Embedder with Gemini on Vertex AI.

    Args:
        client: The connection.
        name: Model.
        dimensions: Length of the vectors; Firestore searches among up to 2,048.
        parallel: Requests at the same time: the models take one text each.
    """

    def __init__(self, client: GeminiClient, name: str, *, dimensions: int = 768, parallel: int = 4) -> None:
        self.model = f"{name}/{dimensions}"
        self._client = client
        self._name = name
        self._dimensions = dimensions
        self._parallel = parallel
        self._price = price_of(name, client.location)

    @property
    def priced(self) -> bool:
        return self._price is not None

    def embed(
        self, texts: Sequence[str], purpose: Literal["document", "query"], session: ToolSession | None
    ) -> Sequence[tuple[float, ...]]:
        with ThreadPoolExecutor(self._parallel, "embed") as pool:
            waiting = [pool.submit(self._embed_one, text, purpose, session) for text in texts]
            try:
                return [vector.result() for vector in waiting]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _embed_one(
        self, text: str, purpose: Literal["document", "query"], session: ToolSession | None
    ) -> tuple[float, ...]:
        def send(sdk: genai.Client, options: types.HttpOptions) -> types.EmbedContentResponse:
            config = types.EmbedContentConfig(
                http_options=options, task_type=_TASKS[purpose], output_dimensionality=self._dimensions
            )
            answer: types.EmbedContentResponse = sdk.models.embed_content(
                model=self._name, contents=text, config=config
            )
            return answer

        response = self._client.request(send, session, subject=self._name)
        embedding = response.embeddings[0] if response.embeddings else types.ContentEmbedding()
        self._charge(embedding.statistics, session)
        return self._unit(embedding.values or [])

    def _charge(self, usage: types.ContentEmbeddingStatistics | None, session: ToolSession | None) -> None:
        if usage is not None and session is not None:
            tokens = round(usage.token_count or 0)
            usd = self._price.usd(tokens, 0) if self._price else 0.0
            session.charge(Cost(input_tokens=tokens, model_usd=usd))

    def _unit(self, values: Sequence[float]) -> tuple[float, ...]:
        """Returns a vector of length 1: those shortened to fewer dimensions come in any length."""
        length = math.hypot(*values)
        if len(values) != self._dimensions or not 0.0 < length < math.inf:
            raise TransientError(
                "model_unavailable",
                f"{self._name} answered with {len(values)} numbers that are no vector of {self._dimensions}; "
                "trying again.",
            )
        return tuple(value / length for value in values)
