"""Tokens that were verified a moment ago: a client sends the same one again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from shared.domain.principal import Principal

__all__ = ["VerifiedTokens"]

_MOST: Final = 4096


class VerifiedTokens:
    """Remembers who some tokens stand for, the least recently used going first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    def get(self, token: str, now_s: float) -> Principal | None:
        """Returns who a token stands for; None if it has to be verified (again).

        Args:
            token: The exact text.
            now_s: The time, in seconds since 1970.
        """
        with self._lock:
            principal, until_s = self._known.get(token, _NOBODY)
            if now_s >= until_s:
                return None
            self._known.move_to_end(token)
            return principal

    def put(self, token: str, principal: Principal, *, until_s: float) -> None:
        """Remembers a token until a time, in seconds since 1970."""
        with self._lock:
            self._known[token] = principal, until_s
            self._known.move_to_end(token)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)


_NOBODY: Final = (None, 0.0)
