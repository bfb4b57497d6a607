"""Turning texts into points, near to each other where they mean the like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from shared.ports.tool_session import ToolSession

__all__ = ["Embedder"]


class Embedder(Protocol):
    """Embeds texts.

    Attributes:
        model: Names the space that the points lie in: the model and the number of dimensions.
        priced: Whether the model's list price is known.
    """

    @property
    def model(self) -> str: ...

    @property
    def priced(self) -> bool: ...

    def embed(
        self, texts: Sequence[str], purpose: Literal["document", "query"], session: ToolSession | None
    ) -> Sequence[tuple[float, ...]]:
        """Returns a vector of length 1 for each text, in order.

        Args:
            texts: Not empty ones.
            purpose: Whether they are to be found or to find with.
            session: Bounds the time and gets the bill; None for somebody who waits: a few seconds, unbilled.

        Raises:
            TransientError: ``model_unavailable`` or ``model_out_of_time``.
            PermanentError: ``model_request_refused``.
            ConfigurationError: The model, its location, the project or the credentials are wrong.
        """
        ...
