"""Packing a result set's records into few documents, and unpacking them.

A document's body is a part of the set's lines of JSON, one a record. Where a document is found by what is in it,
by words or by meaning, its lines are whole.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from google.cloud.firestore_v1.vector import Vector

from shared.adapters.firestore.documents import Documents, Fields, slices, storable
from shared.adapters.firestore.words import MAX_KEYS, keys_of
from shared.domain.codec import decode, encode_json
from shared.domain.records import Embedding, Record, SearchEntry

__all__ = ["pack", "read_lines", "record_count", "unpack"]

R = TypeVar("R", bound=Record)

_SEARCHED_BYTES: Final = 64 * 2**10
"""A search reads whole documents for a few places in each."""


def pack(key: str, owner: str, records: Sequence[Record]) -> Documents:
    """Returns the documents of a result set.

    Args:
        key: The set's key.
        owner: Whose video it is about.
        records: What is in it, in order.

    Raises:
        ValueError: A number is none that JSON has a word for.
    """
    by_kind: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        by_kind[type(record).__name__].append(record)
    return {
        f"{key.replace('/', '.')}.{kind}.{number:05}": {"key": key, "kind": kind, **fields}
        for kind, same in by_kind.items()
        for number, fields in enumerate(_fields(kind, storable(owner), same))
    }


def unpack(kind: type[R], documents: Iterable[Fields]) -> list[R]:
    """Returns the records of one kind in the documents of one result set, which come in the order of their ids."""
    if kind is Embedding:
        return [decode(kind, json.loads(each["body"]) | {"vector": list(each["vector"])}) for each in documents]
    return read_lines(kind, "".join(each["body"] for each in documents))


def record_count(kind: str, body: str) -> int:
    """Returns how many records of a kind end in a document's body."""
    return 1 if kind == Embedding.__name__ else body.count("\n")


def read_lines(kind: type[R], body: str) -> list[R]:
    """Returns the records in whole lines."""
    return [decode(kind, json.loads(line)) for line in body.splitlines()]


def _fields(kind: str, owner: Any, records: Sequence[Any]) -> Iterator[Fields]:
    if kind == SearchEntry.__name__:
        yield from ({"owner": owner, **fields} for fields in _searchable(records))
    elif kind == Embedding.__name__:
        yield from ({"owner": owner, **_comparable(record)} for record in records)
    else:
        yield from ({"body": body} for body in slices("".join(map(_line, records))))


def _searchable(entries: Sequence[SearchEntry]) -> Iterator[Fields]:
    body, words = "", set[str]()
    for entry in entries:
        line, more = _line(entry), keys_of(entry.text)
        if body and (len(body) + len(line) > _SEARCHED_BYTES or len(words | more) > MAX_KEYS):
            yield {"body": body, "words": sorted(words)}
            body, words = "", set()
        body += line
        words |= more
    yield {"body": body, "words": sorted(words)}


def _comparable(embedding: Embedding) -> Fields:
    place = json.loads(_line(embedding))
    vector = Vector(place.pop("vector"))
    return {"body": json.dumps(place), "model": embedding.model, "vector": vector}


def _line(record: Record) -> str:
    return encode_json(record) + "\n"
