"""What was found out at some cost, kept so that it need not be found out again."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Memo"]


class Memo(Protocol):
    """Answers about one content of one video: they outlive attempts, crashes, redeliveries and replays.

    May be used from several threads.
    """

    def recall(self, key: str) -> bytes | None:
        """Returns what was kept under a key for this content; None when nothing was.

        Raises:
            TransientError: The store can't be reached.
        """
        ...

    def keep(self, key: str, value: bytes) -> None:
        """Keeps a value, durably.

        Args:
            key: Any text that says everything the value depends on, except for the video's content.
            value: The value.

        Raises:
            LeaseLost: The attempt no longer counts.
            TransientError: The store can't be reached or is full.
        """
        ...
