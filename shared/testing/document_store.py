"""Documents without a database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared.domain.errors import NotFound
from shared.ports.document_store import Document, Edit, document_body

__all__ = ["InMemoryDocumentStore"]

D = TypeVar("D", bound=Document)
T = TypeVar("T")


class InMemoryDocumentStore:
    """A DocumentStore of dicts that refuses what no store could keep."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._documents: dict[tuple[str, str], Any] = {}

    def update(
        self, kind: type[D], document_id: str, decide: Callable[[D | None], Edit[D, T]], *, owner: str | None
    ) -> T:
        with self._lock:
            stored = self._documents.get((kind.__name__, document_id))
            if stored is not None and owner not in {None, stored.owner}:
                raise NotFound("There is no such document.")
            edit = decide(stored)
            if edit.document is not None:
                document_body(edit.document, document_id, owner)
                self._documents[kind.__name__, document_id] = edit.document
            elif edit.delete:
                self._documents.pop((kind.__name__, document_id), None)
            return edit.answer

    def get(self, kind: type[D], document_id: str, *, owner: str | None) -> D | None:
        found: D | None = self._documents.get((kind.__name__, document_id))
        return found if found is not None and owner in {None, found.owner} else None

    def owned(self, kind: type[D], *, owner: str, limit: int = 100, before: str | None = None) -> Sequence[D]:
        found = [one for one in self._every(kind) if one.owner == owner and (before is None or one.id < before)]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def due(self, kind: type[D], *, until: datetime, limit: int = 100) -> Sequence[D]:
        waiting = [(one.due_at, one.id, one) for one in self._every(kind) if one.due_at is not None]
        return [one for due_at, _, one in sorted(waiting, key=lambda item: item[:2]) if due_at <= until][:limit]

    def delete(self, kind: type[D], document_id: str, *, owner: str | None) -> None:
        with self._lock:
            if self.get(kind, document_id, owner=owner) is not None:
                del self._documents[kind.__name__, document_id]

    def about(self, kind: type[D], video_id: str) -> Sequence[D]:
        return [one for one in self._every(kind) if video_id and one.about == video_id]

    def delete_about(self, video_id: str) -> int:
        with self._lock:
            gone = [key for key, one in self._documents.items() if video_id and one.about == video_id]
            for key in gone:
                del self._documents[key]
            return len(gone)

    def _every(self, kind: type[D]) -> list[D]:
        with self._lock:
            return [one for (name, _), one in self._documents.items() if name == kind.__name__]
