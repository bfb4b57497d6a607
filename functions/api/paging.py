"""Pages of an owner's documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from functions.api.operation import Call, Nothing
from shared.domain.cursor import decode_cursor, encode_cursor
from shared.ports.document_store import Document

__all__ = ["PageQuery", "documents_page"]

D = TypeVar("D", bound=Document)


class PageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Annotated[int, Meta(ge=1, le=100, description="Most in one answer.")] = 50
    cursor: Annotated[str | None, Meta(description="The next_cursor of the page before.")] = None


def documents_page(call: Call[PageQuery, Nothing], kind: type[D]) -> tuple[Sequence[D], str | None]:
    """Returns documents of the caller's by id, greatest first, and the cursor of the page after, if there is one.

    Raises:
        BadCursor: The cursor was not given out for this.
    """
    scope, query = f"{kind.__name__}/{call.principal.owner}", call.query
    before = None if query.cursor is None else decode_cursor(scope, query.cursor, str)
    found = call.documents.all(kind, limit=query.limit + 1, before=before)
    more = len(found) > query.limit
    return found[: query.limit], encode_cursor(scope, found[query.limit - 1].id) if more else None
