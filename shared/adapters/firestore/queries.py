"""Narrowing queries down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from google.cloud.firestore import CollectionReference, FieldFilter, Query

from shared.adapters.firestore.documents import storable

__all__ = ["EPOCH", "Selection", "equal", "where"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any time that is stored; a comparison with it leaves out documents in which the field is null."""

Selection: TypeAlias = Query | CollectionReference
"""All documents of a collection, or some."""


def where(documents: Selection, field: str, operator: str, value: Any) -> Selection:
    """Returns those of some documents whose field compares so."""
    return documents.where(filter=FieldFilter(field, operator, value))


def equal(documents: Selection, **values: str | None) -> Selection:
    """Returns those of some documents whose fields have these values; None asks for any."""
    for field, value in values.items():
        if value is not None:
            documents = where(documents, field, "==", storable(value))
    return documents
