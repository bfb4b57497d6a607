"""Messages that no function could handle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

__all__ = ["DeadLetter", "DeadLetters", "Disposal"]

Disposal: TypeAlias = Literal["keep", "replay", "drop", "stop"]
"""What becomes of a dead letter. ``replay``: whoever consumes its topic gets it again, and it is none any more;
``drop``: it is gone; ``stop``: it stays, and no others are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was refused, or not answered, too often.

    Attributes:
        id: Names it, for as long as it is a dead letter.
        function: The function that would not take it; empty when it does not say.
        topic: What it was published to; empty when it does not say.
        deliveries: How often it was delivered; None when it does not say.
        published_at: When it was published to that topic.
        data: Its content.
        attributes: Its attributes, as they were published.
    """

    id: str
    function: str
    topic: str
    deliveries: int | None
    published_at: datetime
    data: bytes
    attributes: Mapping[str, str]


class DeadLetters(Protocol):
    """The dead letters of a deployment."""

    def visit(self, decide: Callable[[DeadLetter], Disposal]) -> None:
        """Shows the dead letters one after the other, each once, and does with each as it is told.

        Those that are kept are there for everybody again when this ends, however it ends. A replayed one is
        published before it is taken away: should this end in between, it is delivered twice, which every function
        expects. While it runs, others may see none of the letters.

        Args:
            decide: Told of a letter, says what becomes of it.

        Raises:
            TransientError: The bus can't be reached; what was done until then is done.
            ConfigurationError: It refuses; ``topic_unknown``: a letter that is to be replayed does not say where.
        """
        ...
