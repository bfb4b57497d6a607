"""Dead letters without a queue server."""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.wire import pubsub_delivery
from shared.ports.dead_letters import DeadLetter, DeadLetters, Disposal
from shared.testing.event_bus import InMemoryEventBus

__all__ = ["InMemoryDeadLetters", "letters_in"]


class InMemoryDeadLetters:
    """DeadLetters that a test puts into ``letters``.

    Args:
        bus: Where replayed ones wait again.
    """

    def __init__(self, bus: InMemoryEventBus) -> None:
        self.letters: list[DeadLetter] = []
        self._bus = bus

    def visit(self, decide: Callable[[DeadLetter], Disposal]) -> None:
        for letter in list(self.letters):
            disposal = decide(letter)
            if disposal == "stop":
                return
            if disposal == "replay":
                content = (letter.data, dict(letter.attributes))
                delivery = pubsub_delivery(letter.topic, letter.id, content, letter.published_at.isoformat())
                self._bus.waiting.append((letter.function, delivery))
            if disposal != "keep":
                self.letters.remove(letter)


def letters_in(dead_letters: DeadLetters) -> list[DeadLetter]:
    """Returns all dead letters, and leaves them where they are."""
    found: list[DeadLetter] = []

    def keep(letter: DeadLetter) -> Disposal:
        found.append(letter)
        return "keep"

    dead_letters.visit(keep)
    return found
