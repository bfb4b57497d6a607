"""Between domain objects and the values that Firestore keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, TypeAlias

from google.cloud.firestore import SERVER_TIMESTAMP, DocumentSnapshot

from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.codec import decode, decode_json, encode_json
from shared.domain.identity import token_of
from shared.domain.records import Tag
from shared.domain.status import AT_REST, DELETED, TERMINAL
from shared.domain.video import Video

__all__ = [
    "Documents",
    "Fields",
    "attempt_documents",
    "begins_attempt",
    "read_attempts",
    "read_video",
    "slices",
    "storable",
    "video_fields",
]

Fields: TypeAlias = dict[str, Any]
"""A document's fields by name."""

Documents: TypeAlias = dict[str, Fields]
"""Documents of one collection by id."""

_BODY_BYTES: Final = 256 * 2**10
"""A body is at most so long: far from the 1 MiB a document may have, and few documents for a long video."""


_MAX_LABELS: Final = 1000
"""Of a result set, by which related videos are found: taggers name the surest first, and a document is finite."""


def storable(value: Any) -> Any:
    """Returns a value as Firestore can keep it: a text that is no Unicode, as a file's name may be, as bytes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def slices(text: str) -> Iterator[str]:
    """Yields a text of ASCII in parts that fit a body."""
    for start in range(0, len(text), _BODY_BYTES):
        yield text[start : start + _BODY_BYTES]


def video_fields(video: Video, change: Change[Any], stored: Mapping[str, Any]) -> Fields:
    """Returns the fields of a video's document that a change sets.

    Args:
        video: The video as it will be.
        change: The change that makes it so.
        stored: The document's fields until now; empty for a new one.
    """
    finished = video.status in TERMINAL
    lease_expires_at = video.lease.expires_at if video.lease else None
    fields: Fields = {
        "document": _with_leaves(json.loads(encode_json(video)), storable),
        "owner": storable(video.owner),
        "status": video.status,
        "kind": video.media.kind if video.media else None,
        "listed_at": None if video.status == DELETED else video.created_at,
        "updated_at": video.updated_at,
        "changed_at": SERVER_TIMESTAMP,
        "used_by": None if video.status == DELETED else storable(video.owner),
        "unfinished": int(not finished),
        "source_bytes": video.source.size_bytes,
        "media_s": video.media.duration_s if video.media else 0.0,
        "model_usd": video.spent.model_usd,
        "idle_since": None
        if video.status in AT_REST
        else max(video.updated_at, lease_expires_at or video.updated_at),
        "lease_expires_at": lease_expires_at,
        "unswept_since": video.updated_at if finished and not video.swept else None,
    }
    known = stored.get("labels_by_key", {})
    named = {key: labels for key, labels in known.items() if key in video.results.values()}
    if labels := _distinct(storable(record.label) for record in change.records if isinstance(record, Tag)):
        named[str(change.records_key)] = labels[:_MAX_LABELS]
    if not stored or named != known:  # a heartbeat changes no labels, so it need not send them
        fields["labels_by_key"] = named
        fields["labels"] = _distinct(label for labels in named.values() for label in labels)
    return fields


def read_video(snapshot: DocumentSnapshot[Any]) -> Video:
    """Returns the video in its document, which exists."""
    video = decode(Video, _with_leaves(snapshot.get("document"), _restored))
    # Firestore's maps have no order; later stages have higher tokens.
    return replace(video, results=dict(sorted(video.results.items(), key=lambda item: token_of(item[1]))))


def attempt_documents(attempt: Attempt) -> list[tuple[str, Fields]]:
    """Returns ids and fields of an attempt's documents: one, or several if it ran very many tools.

    The first says how many there are, so that others are nothing until it is written.
    """
    bodies = list(slices(encode_json(attempt)))
    return [
        (f"{attempt.token:010}.{number:03}", {"body": body, "parts": len(bodies)})
        for number, body in enumerate(bodies)
    ]


def begins_attempt(document_id: str) -> bool:
    """Tells whether a document is the first one of an attempt."""
    return int(document_id.rpartition(".")[2]) == 0


def read_attempts(documents: Iterable[DocumentSnapshot[Any]]) -> list[Attempt]:
    """Returns the attempts in their documents, which come in the order of their ids, oldest first."""
    attempts = []
    for _, same in groupby(documents, key=lambda document: document.id.partition(".")[0]):
        parts = list(same)
        bodies = (part.get("body") for part in parts[: parts[0].get("parts")])
        attempts.append(decode_json(Attempt, "".join(bodies)))
    return attempts


def _with_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """Returns a tree of dicts and lists with every leaf changed."""
    if isinstance(value, dict):
        return {key: _with_leaves(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_leaves(item, change) for item in value]
    return change(value)


def _restored(value: Any) -> Any:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))
