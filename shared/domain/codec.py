"""Between domain objects and JSON, for stores and the wire. The classes themselves are the schema."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

from shared.domain.records import (
    Artifact,
    Embedding,
    Finding,
    Recommendation,
    Record,
    Rendition,
    SearchEntry,
    Segment,
    Tag,
)

__all__ = ["RECORD_KINDS", "decode", "decode_json", "encode", "encode_json"]

T = TypeVar("T")

RECORD_KINDS: dict[str, type[Record]] = {
    kind.__name__: kind
    for kind in (Rendition, Artifact, Segment, Finding, Tag, Recommendation, SearchEntry, Embedding)
}


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def encode(value: object) -> dict[str, Any]:
    """Returns a domain object as JSON-ready values; fractions become ``"30000/1001"``, times ISO 8601."""
    encoded: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json")
    return encoded


def encode_json(value: object) -> str:
    """Returns a domain object as JSON text.

    Raises ValueError for a number that JSON has no word for (NaN, infinity), so that it is never stored.
    """
    # pydantic's own JSON refuses lone surrogates, which stand for bytes in file names that are no UTF-8.
    return json.dumps(encode(value), allow_nan=False)


def decode(kind: type[T], data: object) -> T:
    """Returns the domain object that encode() wrote. Raises pydantic.ValidationError on anything else."""
    value: T = _adapter(kind).validate_python(data)
    return value


def decode_json(kind: type[T], text: str | bytes) -> T:
    """Returns the domain object that encode_json() wrote. Raises ValueError on anything else."""
    return decode(kind, json.loads(text))
