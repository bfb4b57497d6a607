"""What only a Firestore document store has to take care of: commits whose answer gets lost, and what expires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core.exceptions import ServiceUnavailable

from shared.adapters.firestore import document_store
from shared.adapters.firestore.document_store import FirestoreDocumentStore
from shared.domain.errors import TransientError
from shared.domain.idempotent_answer import IdempotentAnswer
from shared.ports.document_store import Edit
from tests.contract.test_document_store import Note, counted, keep
from tests.firestore_traffic import Traffic, recorded_traffic


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    return recorded_traffic(monkeypatch)


def losing_one_answer(traffic: Traffic, then: Callable[[], Any] = lambda: None) -> None:
    """Makes the next commit take place without an answer, and something else happen afterwards."""

    def lose(commit: Callable[[], Any]) -> Any:
        traffic.on_commit = lambda commit: commit()
        commit()
        then()
        raise ServiceUnavailable("the answer got lost")

    traffic.on_commit = lose


@pytest.mark.reliability("B18")
def test_a_change_whose_answer_got_lost_is_not_made_twice(
    firestore_documents: FirestoreDocumentStore, traffic: Traffic
) -> None:
    for expected in (1, 2):
        losing_one_answer(traffic)
        assert firestore_documents.update(Note, "n", counted, owner="ann") == expected
    assert firestore_documents.get(Note, "n", owner="ann") == Note(id="n", owner="ann", count=2)


@pytest.mark.reliability("B18")
def test_a_removal_whose_answer_got_lost_is_answered_once(
    firestore_documents: FirestoreDocumentStore, traffic: Traffic
) -> None:
    keep(firestore_documents, note := Note(id="n", owner="ann"))
    losing_one_answer(traffic)

    taken = firestore_documents.update(Note, "n", lambda stored: Edit(answer=stored, delete=True), owner="ann")
    assert taken == note
    assert firestore_documents.get(Note, "n", owner="ann") is None


@pytest.mark.reliability("B18")
def test_what_others_did_after_an_unconfirmed_change_is_not_undone(
    firestore_documents: FirestoreDocumentStore, traffic: Traffic
) -> None:
    losing_one_answer(traffic, lambda: keep(firestore_documents, Note(id="n", owner="ann", text="theirs")))

    firestore_documents.update(Note, "n", counted, owner="ann")
    kept = firestore_documents.get(Note, "n", owner="ann")
    assert kept == replace(Note(id="n", owner="ann", text="theirs"), count=1)


@pytest.mark.reliability("B18")
def test_a_change_that_is_never_confirmed_may_be_asked_for_again(
    firestore_documents: FirestoreDocumentStore, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_store, "tries", lambda: iter([None]))
    losing_one_answer(traffic)

    with pytest.raises(TransientError, match="store_unavailable"):
        firestore_documents.update(Note, "n", counted, owner="ann")


@pytest.mark.reliability("B3")
@pytest.mark.parametrize("delete", [True, False])
def test_what_another_took_away_first_is_not_taken(
    firestore_documents: FirestoreDocumentStore, traffic: Traffic, *, delete: bool
) -> None:
    keep(firestore_documents, note := Note(id="n", owner="ann"))

    def overtaken(commit: Callable[[], Any]) -> Any:
        traffic.on_commit = lambda commit: commit()
        firestore_documents.delete(Note, "n", owner="ann")
        return commit()

    def take(stored: Note | None) -> Edit[Note, Note | None]:
        return Edit(answer=stored, delete=delete, document=None if delete else stored)

    traffic.on_commit = overtaken
    assert firestore_documents.update(Note, note.id, take, owner="ann") is None
    assert firestore_documents.owned(Note, owner="ann") == []


def test_firestore_itself_removes_only_what_nothing_is_done_with(
    firestore_documents: FirestoreDocumentStore, traffic: Traffic
) -> None:
    due_at = datetime(2026, 1, 1, tzinfo=UTC)
    answer = IdempotentAnswer(id="a", owner="ann", about="", due_at=due_at, fingerprint="f", worker="w")
    for document in (answer, Note(id="n", owner="ann", due_at=due_at)):
        keep(firestore_documents, document)

    written = {write.update.name.rpartition("/")[2]: write.update.fields for write in traffic.writes}
    assert written["IdempotentAnswer:a"]["expires_at"].timestamp_value == due_at
    assert "null_value" in written["Note:n"]["expires_at"]
