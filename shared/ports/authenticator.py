"""Telling who sent a request."""

from __future__ import annotations

from typing import Protocol

from shared.domain.principal import Principal

__all__ = ["Authenticator"]


class Authenticator(Protocol):
    """Knows people and machines by what they send along."""

    def principal(self, token: str) -> Principal:
        """Returns who a bearer token stands for.

        Args:
            token: What followed ``Bearer`` in the request's Authorization header; anything a stranger made up.

        Raises:
            Unauthenticated: Nobody, or nobody any more.
            Forbidden: Somebody who has no role here.
            TransientError: There is no telling now.
        """
        ...
