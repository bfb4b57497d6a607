"""Machines, known by the keys that were made for them."""

from __future__ import annotations

from shared.domain.api_key import ApiKey, split_key
from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore

__all__ = ["ApiKeyAuthenticator"]


class ApiKeyAuthenticator:
    """Takes keys. Each is looked up with each request, so one that was deleted works nowhere any more.

    Args:
        documents: Where they are.
        clock: The time.
    """

    def __init__(self, documents: DocumentStore, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def principal(self, token: str) -> Principal:
        parts = split_key(token)
        key = None if parts is None else self._documents.get(ApiKey, parts[0], owner=None)
        if parts is None or key is None or not key.opens(parts[1], self._clock.now()):
            raise Unauthenticated("There is no such key (any more).")
        return Principal(owner=key.owner, role=key.role, subject=f"key:{key.id}")
