"""Saving a decision: compare and set.

A decision depends on one document, the video's. So it needs no transaction that Firestore keeps open, whose locks
would outlive a worker that dies inside: everything it changes is committed at once, on the condition that the
video's document is still the one that was read. Each commit leaves an id of its own there, by which it is
recognised when its answer got lost.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar

from google.cloud import firestore
from google.cloud.firestore import DocumentSnapshot

from shared.adapters.firestore.calls import COMMIT_TIMEOUT_S, OUTCOME_UNKNOWN, READING
from shared.adapters.firestore.chunks import pack
from shared.adapters.firestore.documents import Fields, attempt_documents, read_video, video_fields
from shared.adapters.firestore.layout import ATTEMPTS, OUTBOX, RECORDS
from shared.domain.change import Change
from shared.domain.codec import encode_json
from shared.domain.errors import Outage
from shared.domain.identity import erased_id
from shared.domain.video import Video

__all__ = ["Write", "commit_in_parts", "tries", "update_video"]

T = TypeVar("T")

Write: TypeAlias = tuple[firestore.DocumentReference, Fields | None]
"""A document and what to put there; None deletes it."""

_MAX_WRITES: Final = 400
_MAX_BYTES: Final = 3 * 2**20
"""What one commit weighs at most. Firestore takes 500 writes and 10 MiB, to which it adds the index entries of the
documents, and those documents that are deleted; its emulator takes 4 MiB of request, whatever that does."""

_ENTRIES_BYTES: Final = 400
"""Of a value in an array: an entry in each of two indexes, which repeat the document's name."""

_DELETED_BYTES: Final = _MAX_BYTES // 5
"""What a document that is deleted is taken to weigh. Nobody knows without reading it; the heaviest there can be,
full of words to search for, weighs some 1.6 MiB with its index entries, and five of them together still fit."""

_GIVE_UP_AFTER_S: Final = 15.0
"""Writers get out of each other's way within moments; a longer outage is what redelivery is for."""

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0


def update_video(
    client: firestore.Client,
    reference: firestore.DocumentReference,
    decide: Callable[[Video | None], Change[T]],
    *,
    staged: Sequence[Write] = (),
) -> T:
    """Loads a video, decides, and saves the change as a whole.

    Args:
        client: The database.
        reference: The video's document.
        decide: See VideoRepository.update().
        staged: What is large in the change and was stored already.

    Returns:
        The change's answer.

    Raises:
        TransientError: Others kept changing the video, or Firestore did not tell whether it took the change.
        google.api_core.exceptions.GoogleAPIError: Firestore can't be used.
    """
    answers: dict[str, T] = {}
    for _ in tries():
        snapshot = _read(reference)
        stored: Fields = snapshot.to_dict() or {}
        if stored.get("change_id") in answers:
            return answers[stored["change_id"]]
        change = decide(read_video(snapshot) if snapshot.exists else None)
        if change.video is None:
            return change.answer
        firsts, ahead = _attempts(reference, change)
        ahead += _records(reference, change)
        if ahead != staged and (staged or len(list(_parts(ahead))) > 1):
            # Nobody sees it until the pointers to it are set, and records that never get one prune() removes. Of
            # what another decision left, nothing may stay that this one does not write anew.
            gone = dict(staged).keys() - dict(ahead).keys()
            commit_in_parts(client, [*ahead, *((document, None) for document in gone)])
            return update_video(client, reference, decide, staged=ahead)
        change_id = uuid.uuid4().hex
        answers[change_id] = change.answer
        batch = client.batch()
        place = reference.parent.document(change.video.id)
        kept = stored if place.id == snapshot.id else {}
        fields = {"change_id": change_id, **video_fields(change.video, change, kept)}
        _put(batch, snapshot, place, fields, client.write_option(last_update_time=snapshot.update_time))
        _add(batch, [*firsts, *_events(client, change), *([] if staged else ahead)])
        with suppress(*OUTCOME_UNKNOWN):
            batch.commit(retry=None, timeout=COMMIT_TIMEOUT_S)
            return change.answer
    raise Outage("store_unavailable", "Firestore did not confirm in time that it took the change.")


def _read(reference: firestore.DocumentReference) -> DocumentSnapshot[Any]:
    """Returns a video's document or, only where there is none, that of what is remembered of it."""
    snapshot = reference.get(**READING)
    return snapshot if snapshot.exists else reference.parent.document(erased_id(reference.id)).get(**READING)


def _put(
    batch: firestore.WriteBatch,
    snapshot: DocumentSnapshot[Any],
    place: firestore.DocumentReference,
    fields: Fields,
    unchanged: Any,
) -> None:
    """Puts fields where they belong, on the condition that what was read, there or elsewhere, is still that."""
    if not snapshot.exists:
        batch.create(place, fields)
    elif snapshot.id == place.id:
        batch.update(place, fields, unchanged)
    else:
        batch.delete(snapshot.reference, unchanged)
        batch.create(place, fields)


def commit_in_parts(client: firestore.Client, writes: Iterable[Write]) -> None:
    """Commits writes that need not happen together and may happen twice, in parts that Firestore takes.

    Raises google.api_core.exceptions.GoogleAPIError: some may not have been done.
    """
    for part in _parts(writes):
        batch = client.batch()
        _add(batch, part)
        batch.commit(retry=READING["retry"], timeout=COMMIT_TIMEOUT_S)


def _parts(writes: Iterable[Write]) -> Iterator[Sequence[Write]]:
    part: list[Write] = []
    part_bytes = 0
    for reference, fields in writes:
        size_bytes = _weight(fields)
        if part and (len(part) == _MAX_WRITES or part_bytes + size_bytes > _MAX_BYTES):
            yield part
            part, part_bytes = [], 0
        part.append((reference, fields))
        part_bytes += size_bytes
    if part:
        yield part


def _weight(fields: Fields | None) -> int:
    if fields is None:
        return _DELETED_BYTES
    in_arrays = sum(len(value) for value in fields.values() if isinstance(value, list))
    return len(json.dumps(fields, default=str)) + in_arrays * _ENTRIES_BYTES


def _add(batch: firestore.WriteBatch, writes: Iterable[Write]) -> None:
    for reference, fields in writes:
        if fields is None:
            batch.delete(reference)
        else:
            batch.set(reference, fields)


def _records(reference: firestore.DocumentReference, change: Change[Any]) -> list[Write]:
    if change.video is None or change.records_key is None:
        return []
    documents = pack(change.records_key, change.video.owner, change.records)
    return [(reference.collection(RECORDS).document(name), fields) for name, fields in documents.items()]


def _attempts(reference: firestore.DocumentReference, change: Change[Any]) -> tuple[list[Write], list[Write]]:
    """Returns the first document of each attempt, and the rest of those that take several."""
    attempts = reference.collection(ATTEMPTS)
    firsts: list[Write] = []
    rest: list[Write] = []
    for attempt in change.attempts:
        first, *others = [(attempts.document(name), fields) for name, fields in attempt_documents(attempt)]
        firsts.append(first)
        rest += others
    return firsts, rest


def _events(client: firestore.Client, change: Change[Any]) -> list[Write]:
    outbox = client.collection(OUTBOX)
    return [
        (
            outbox.document(event.event_id),
            # Whose clock is right about the order of events, only one can say.
            {
                "video_id": event.video_id,
                "committed_at": firestore.SERVER_TIMESTAMP,
                "body": encode_json(event),
            },
        )
        for event in change.events
    ]


def tries() -> Iterator[None]:
    """Yields as often as a commit may be tried, after pauses that keep writers out of each other's way."""
    give_up_at = time.monotonic() + _GIVE_UP_AFTER_S
    pause_s = _FIRST_PAUSE_S
    while time.monotonic() < give_up_at:
        yield
        time.sleep(random.uniform(0.0, pause_s))  # noqa: S311 - so that two writers do not meet again
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
