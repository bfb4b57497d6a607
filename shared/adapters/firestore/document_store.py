"""Documents in Firestore."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore import DocumentSnapshot

from shared.adapters.firestore.calls import COMMIT_TIMEOUT_S, OUTCOME_UNKNOWN, READING, firestore_errors
from shared.adapters.firestore.commits import commit_in_parts, tries
from shared.adapters.firestore.database import FirestoreDatabase
from shared.adapters.firestore.documents import Fields, storable
from shared.adapters.firestore.layout import DOCUMENTS
from shared.adapters.firestore.queries import Selection, equal, where
from shared.domain.codec import decode_json
from shared.domain.errors import NotFound, Outage
from shared.domain.expiring import EXPIRING
from shared.ports.document_store import DOCUMENT_ID, Document, Edit, document_body

__all__ = ["FirestoreDocumentStore"]

D = TypeVar("D", bound=Document)
T = TypeVar("T")


_OTHERS_WERE_FIRST: Final = (exceptions.Conflict, exceptions.FailedPrecondition, exceptions.NotFound)
"""After these a commit has certainly not taken place."""


class FirestoreDocumentStore:
    """A DocumentStore in a Firestore database; ``layout`` says how it lies there.

    Safe to use from several threads and processes at once.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database = database

    def update(
        self, kind: type[D], document_id: str, decide: Callable[[D | None], Edit[D, T]], *, owner: str | None
    ) -> T:
        with firestore_errors():
            return self._update(kind, document_id, decide, owner)

    def get(self, kind: type[D], document_id: str, *, owner: str | None) -> D | None:
        if not DOCUMENT_ID.fullmatch(document_id):
            return None
        with firestore_errors():
            document = _read(kind, self._reference(kind, document_id).get(field_paths=["body"], **READING))
        return document if document is not None and owner in {None, document.owner} else None

    def owned(self, kind: type[D], *, owner: str, limit: int = 100, before: str | None = None) -> Sequence[D]:
        query: Selection = equal(self._documents, kind=kind.__name__, owner=owner)
        if before is not None:
            query = where(query, "id", "<", storable(before))
        return self._find(kind, query.order_by("id", direction="DESCENDING").limit(limit))

    def due(self, kind: type[D], *, until: datetime, limit: int = 100) -> Sequence[D]:
        waiting = where(equal(self._documents, kind=kind.__name__), "due_at", "<=", until)
        return self._find(kind, waiting.order_by("due_at").limit(limit))

    def delete(self, kind: type[D], document_id: str, *, owner: str | None) -> None:
        with suppress(NotFound):
            self.update(kind, document_id, lambda _: Edit(answer=None, delete=True), owner=owner)

    def about(self, kind: type[D], video_id: str) -> Sequence[D]:
        if not video_id:
            return []
        # Few documents are about one video, so that an index by their kind as well would be for nothing.
        named = f"{kind.__name__}:"
        with firestore_errors():
            found = equal(self._documents, about=video_id).select(["body"]).stream(**READING)
            return [decode_json(kind, one.get("body")) for one in found if one.id.startswith(named)]

    def delete_about(self, video_id: str) -> int:
        if not video_id:
            return 0
        with firestore_errors():
            found = equal(self._documents, about=video_id).select([]).stream(**READING)
            gone = [document.reference for document in found]
            commit_in_parts(self._client, [(reference, None) for reference in gone])
        return len(gone)

    @property
    def _client(self) -> firestore.Client:
        return self._database.client

    @property
    def _documents(self) -> firestore.CollectionReference:
        return self._client.collection(DOCUMENTS)

    def _reference(self, kind: type[Document], document_id: str) -> firestore.DocumentReference:
        return self._documents.document(f"{kind.__name__}:{document_id}")

    def _find(self, kind: type[D], query: Selection) -> list[D]:
        with firestore_errors():
            return [decode_json(kind, found.get("body")) for found in query.select(["body"]).stream(**READING)]

    def _update(
        self, kind: type[D], document_id: str, decide: Callable[[D | None], Edit[D, T]], owner: str | None
    ) -> T:
        """Compares and sets, as ``commits`` does with videos."""
        if not DOCUMENT_ID.fullmatch(document_id):
            return _nothing_to_save(decide(None), document_id, owner)
        reference = self._reference(kind, document_id)
        answers: dict[str | None, T] = {}
        for _ in tries():
            snapshot = reference.get(**READING)
            change_id = snapshot.get("change_id") if snapshot.exists else None
            if change_id in answers:
                return answers[change_id]
            stored = _read(kind, snapshot)
            if stored is not None and owner not in {None, stored.owner}:
                raise NotFound("There is no such document.")
            edit = decide(stored)
            batch = self._client.batch()
            seen = self._client.write_option(last_update_time=snapshot.update_time) if stored else None
            if edit.document is not None:
                change_id = uuid.uuid4().hex
                fields = {"change_id": change_id, **_fields(edit.document, document_id, owner)}
                batch.update(reference, fields, seen) if stored else batch.create(reference, fields)
            elif edit.delete and stored:
                change_id = None  # of a document that is gone
                batch.delete(reference, seen)
            else:
                return edit.answer
            answers[change_id] = edit.answer
            with suppress(*OUTCOME_UNKNOWN):
                try:
                    batch.commit(retry=None, timeout=COMMIT_TIMEOUT_S)
                except _OTHERS_WERE_FIRST:
                    # What is gone next time, somebody else has removed.
                    del answers[change_id]
                else:
                    return edit.answer
        raise Outage("store_unavailable", "Firestore did not confirm in time that it took the change.")


def _read(kind: type[D], snapshot: DocumentSnapshot[Any]) -> D | None:
    return decode_json(kind, snapshot.get("body")) if snapshot.exists else None


def _fields(document: Document, document_id: str, owner: str | None) -> Fields:
    return {
        "body": document_body(document, document_id, owner),
        "kind": type(document).__name__,
        "id": document_id,
        "owner": storable(document.owner),
        "about": storable(document.about) or None,
        "due_at": document.due_at,
        "expires_at": document.due_at if isinstance(document, EXPIRING) else None,
    }


def _nothing_to_save(edit: Edit[D, T], document_id: str, owner: str | None) -> T:
    if edit.document is not None:
        document_body(edit.document, document_id, owner)
    return edit.answer
