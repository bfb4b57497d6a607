"""Documents in a SQL database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.adapters.sql.database import Database
from shared.adapters.sql.dialect import Conflict
from shared.adapters.sql.instants import to_us
from shared.adapters.sql.tables import documents
from shared.domain.codec import decode_json
from shared.domain.errors import NotFound
from shared.ports.document_store import Document, Edit, document_body

__all__ = ["SqlDocumentStore"]

D = TypeVar("D", bound=Document)
T = TypeVar("T")


class SqlDocumentStore:
    """A DocumentStore in a SQL database; safe to use from several threads and processes at once.

    Args:
        database: Where its table is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(
        self, kind: type[D], document_id: str, decide: Callable[[D | None], Edit[D, T]], *, owner: str | None
    ) -> T:
        def work(connection: Connection) -> T:
            body = connection.execute(
                select(documents.c.body).where(_named(kind, document_id)).with_for_update()
            ).scalar()
            stored = None if body is None else decode_json(kind, body)
            if stored is not None and owner not in {None, stored.owner}:
                raise NotFound("There is no such document.")
            edit = decide(stored)
            if edit.document is not None:
                body = document_body(edit.document, document_id, owner)
                _save(connection, edit.document, body, new=stored is None)
            elif edit.delete:
                connection.execute(delete(documents).where(_named(kind, document_id)))
            return edit.answer

        return self._database.write(work)

    def get(self, kind: type[D], document_id: str, *, owner: str | None) -> D | None:
        query = select(documents.c.body).where(_owned(kind, document_id, owner))
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else decode_json(kind, body)

    def owned(self, kind: type[D], *, owner: str, limit: int = 100, before: str | None = None) -> Sequence[D]:
        query = select(documents.c.body).where(documents.c.kind == kind.__name__, documents.c.owner == owner)
        if before is not None:
            query = query.where(documents.c.id < before)
        with self._database.reading() as connection:
            bodies = connection.scalars(query.order_by(documents.c.id.desc()).limit(limit)).all()
        return [decode_json(kind, body) for body in bodies]

    def due(self, kind: type[D], *, until: datetime, limit: int = 100) -> Sequence[D]:
        query = select(documents.c.body).where(
            documents.c.kind == kind.__name__, documents.c.due_us <= to_us(until)
        )
        with self._database.reading() as connection:
            bodies = connection.scalars(query.order_by(documents.c.due_us, documents.c.id).limit(limit)).all()
        return [decode_json(kind, body) for body in bodies]

    def delete(self, kind: type[D], document_id: str, *, owner: str | None) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(documents).where(_owned(kind, document_id, owner)))

    def about(self, kind: type[D], video_id: str) -> Sequence[D]:
        if not video_id:
            return []
        query = select(documents.c.body).where(documents.c.about == video_id, documents.c.kind == kind.__name__)
        with self._database.reading() as connection:
            return [decode_json(kind, body) for body in connection.scalars(query).all()]

    def delete_about(self, video_id: str) -> int:
        if not video_id:
            return 0
        with self._database.writing() as connection:
            return connection.execute(delete(documents).where(documents.c.about == video_id)).rowcount


def _named(kind: type[Document], document_id: str) -> ColumnElement[bool]:
    return (documents.c.kind == kind.__name__) & (documents.c.id == document_id)


def _owned(kind: type[Document], document_id: str, owner: str | None) -> ColumnElement[bool]:
    named = _named(kind, document_id)
    return named if owner is None else named & (documents.c.owner == owner)


def _save(connection: Connection, document: Document, body: str, *, new: bool) -> None:
    values = {
        "owner": document.owner,
        "about": document.about or None,
        "due_us": None if document.due_at is None else to_us(document.due_at),
        "body": body,
    }
    kind = type(document)
    if not new:
        connection.execute(update(documents).where(_named(kind, document.id)).values(**values))
        return
    try:
        connection.execute(insert(documents).values(kind=kind.__name__, id=document.id, **values))
    except IntegrityError as error:  # there was no row yet to lock
        raise Conflict from error
