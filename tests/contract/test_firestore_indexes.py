"""The deployment's index definition against what the repository really asks and stores."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest

from shared.adapters.firestore.document_store import FirestoreDocumentStore
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.domain.media import Kind
from shared.domain.records import Tag
from shared.ports.document_store import Edit
from shared.ports.video_repository import Sort
from shared.testing.driver import VideoDriver
from shared.testing.videos import embedding, search_entry, tag
from tests.contract.test_document_store import Note
from tests.firestore_indexes import VECTOR_DIMENSIONS, defined_indexes, exempt_fields, needed_indexes
from tests.firestore_traffic import Traffic, recorded_traffic


@pytest.fixture
def traffic(
    firestore_repository: FirestoreVideoRepository,
    firestore_documents: FirestoreDocumentStore,
    monkeypatch: pytest.MonkeyPatch,
) -> Traffic:
    """Every kind of document written, every query asked."""
    traffic = recorded_traffic(monkeypatch)
    keep_note(firestore_documents)
    repository, driver = firestore_repository, VideoDriver(firestore_repository)
    video = driver.finish(
        driver.upload(), {"tag": [tag("a"), search_entry("a word"), embedding("a place", (1.0, 0.0))]}
    )
    whose: list[tuple[str | None, Kind | None]] = [(None, None), ("ann", None), ("ann", "audio")]
    for (owner, kind), status, sort in product(whose, (None, "ready"), get_args(Sort)):
        repository.list_videos(owner=owner, status=status, kind=kind, sort=sort)
        repository.list_videos(owner=owner, status=status, kind=kind, sort=sort, created_after=driver.clock.now())
    repository.counts(owner="ann", statuses=["ready"])
    repository.usage(owner="ann")
    for since in (None, driver.clock.now()):
        repository.changed(owner="ann", since=since)
    repository.records(video, Tag)
    repository.attempts(video.id)
    for owner in (None, "ann"):
        repository.search("word", owner=owner)
        repository.nearest((1.0, 0.0), model="test", owner=owner)
    repository.related(owner="ann", labels=["a"], exclude="")
    for video_id in (None, video.id):
        repository.outbox(video_id=video_id)
    repository.stalled(idle_since=driver.clock.now())
    repository.leased()
    repository.unswept()
    repository.prune(driver.delete(video))
    return traffic


def keep_note(store: FirestoreDocumentStore) -> None:
    """Writes a document and asks everything that can be asked about it."""
    note = Note(id="n", owner="ann")
    store.update(Note, "n", lambda _: Edit(answer=None, document=note), owner="ann")
    store.owned(Note, owner="ann")
    store.owned(Note, owner="ann", before="n")
    store.due(Note, until=datetime(2026, 1, 1, tzinfo=UTC))
    store.delete_about("v")


def test_each_index_is_needed_and_each_that_is_needed_is_defined(traffic: Traffic) -> None:
    defined = defined_indexes()

    assert needed_indexes(traffic.queries) == set(defined)
    assert len(defined) == len(set(defined))


def test_no_field_is_indexed_unless_the_definition_says_so(traffic: Traffic) -> None:
    stored = {
        (write.update.name.split("/")[-2], field)
        for write in traffic.writes
        for field in (*write.update.fields, *(each.field_path for each in write.update_transforms))
    }

    assert exempt_fields() == stored


def test_no_call_waits_without_end(traffic: Traffic) -> None:
    assert all(timeout_s and timeout_s <= 10 for timeout_s in traffic.timeouts_s)


def test_vectors_have_the_length_that_is_indexed() -> None:
    assert {768} == VECTOR_DIMENSIONS
