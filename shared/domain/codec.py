"""Between domain objects and JSON, for stores and the wire. The classes themselves are the schema."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from shared.domain.records import (
    Artifact,
    Choice,
    Embedding,
    Finding,
    Rank,
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
    for kind in (
        Rendition,
        Artifact,
        Choice,
        Segment,
        Rank,
        Finding,
        Tag,
        Recommendation,
        SearchEntry,
        Embedding,
    )
}


def encode(value: object) -> dict[str, Any]:
    """Returns a domain object as JSON-ready values; fractions become ``"30000/1001"``, times ISO 8601."""
    encoded: dict[str, Any] = msgspec.to_builtins(value, enc_hook=_from_fraction)
    return encoded


def encode_json(value: object) -> str:
    """Returns a domain object as JSON text.

    Raises ValueError for a number that JSON has no word for (NaN, infinity), so that it is never stored.
    """
    # msgspec's own JSON refuses lone surrogates, which stand for bytes in file names that are no UTF-8.
    return json.dumps(encode(value), allow_nan=False)


def decode(kind: type[T], data: object) -> T:
    """Returns the domain object that encode() wrote. Raises ValueError, with the place, on anything else."""
    return msgspec.convert(data, kind, dec_hook=_to_fraction)


def decode_json(kind: type[T], text: str | bytes) -> T:
    """Returns the domain object that encode_json() wrote. Raises ValueError on anything else."""
    try:
        return msgspec.json.decode(text, type=kind, dec_hook=_to_fraction)
    except msgspec.DecodeError:
        # Lone surrogates are an error for it, too; that takes twice the time, but few names have any.
        return decode(kind, json.loads(text))


def _from_fraction(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise NotImplementedError(f"a {type(value).__name__} can't be stored")


def _to_fraction(kind: type, value: Any) -> Fraction:
    if kind is not Fraction:
        raise NotImplementedError(f"a {kind.__name__} can't be stored")
    try:
        return Fraction(value)
    except ZeroDivisionError as error:
        raise ValueError(str(error)) from error
