"""What every DocumentStore does, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from shared.domain.errors import NotFound
from shared.ports.document_store import MAX_DOCUMENT_BYTES, Document, DocumentStore, Edit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNNAMEABLE = ["", "a/b", "é", "x" * 201, "a b", "\0", "\udcff", "a\n"]


@dataclass(frozen=True, kw_only=True)
class Note:
    """A document."""

    id: str
    owner: str
    about: str = ""
    due_at: datetime | None = None
    text: str = ""
    count: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Other:
    """A document of another kind."""

    id: str
    owner: str
    about: str = ""
    due_at: datetime | None = None


def keep(store: DocumentStore, *documents: Document) -> None:
    for document in documents:
        store.update(type(document), document.id, saving(document), owner=document.owner)


def saving(document: Document) -> Callable[[Document | None], Edit[Document, None]]:
    return lambda _: Edit(answer=None, document=document)


def counted(note: Note | None) -> Edit[Note, int]:
    before = note or Note(id="n", owner="ann")
    after = replace(before, count=before.count + 1)
    return Edit(answer=after.count, document=after)


class TestUpdate:
    def test_a_document_is_kept_and_replaced_as_a_whole(self, document_store: DocumentStore) -> None:
        first = Note(id="a:1.x_y-Z", owner="ann", about="v", due_at=NOW, text="é\0\udcff", names={"a.b": "\udcff"})
        keep(document_store, first)
        assert document_store.get(Note, first.id, owner="ann") == first

        second = replace(first, text="", names={}, due_at=None, about="")
        keep(document_store, second)
        assert document_store.get(Note, first.id, owner="ann") == second
        assert document_store.due(Note, until=NOW) == []
        assert document_store.delete_about("v") == 0

    def test_the_answer_comes_back_and_nothing_need_change(self, document_store: DocumentStore) -> None:
        keep(document_store, note := Note(id="n", owner="ann"))

        assert document_store.update(Note, "n", lambda stored: Edit(answer=stored), owner="ann") == note
        assert document_store.update(Note, "x", lambda stored: Edit(answer=stored), owner="ann") is None
        assert document_store.get(Note, "x", owner="ann") is None

    def test_it_may_be_removed_instead(self, document_store: DocumentStore) -> None:
        keep(document_store, Note(id="n", owner="ann"))
        for _ in range(2):
            removed = document_store.update(Note, "n", lambda _: Edit(answer="gone", delete=True), owner="ann")
            assert removed == "gone"
            assert document_store.get(Note, "n", owner="ann") is None

    def test_what_the_decision_raises_is_passed_on(self, document_store: DocumentStore) -> None:
        keep(document_store, note := Note(id="n", owner="ann"))

        def refuse(_: Note | None) -> Edit[Note, None]:
            raise KeyError("no")

        with pytest.raises(KeyError):
            document_store.update(Note, "n", refuse, owner="ann")
        assert document_store.get(Note, "n", owner="ann") == note

    def test_kinds_do_not_meet(self, document_store: DocumentStore) -> None:
        keep(document_store, note := Note(id="n", owner="ann"), other := Other(id="n", owner="ann"))

        assert document_store.get(Note, "n", owner="ann") == note
        assert document_store.get(Other, "n", owner="ann") == other
        assert document_store.owned(Note, owner="ann") == [note]
        document_store.delete(Other, "n", owner="ann")
        assert document_store.get(Note, "n", owner="ann") == note

    @pytest.mark.reliability("B3", "B18")
    def test_of_those_who_change_it_at_once_each_sees_the_one_before(self, document_store: DocumentStore) -> None:
        with ThreadPoolExecutor(4) as threads:
            answers = [threads.submit(document_store.update, Note, "n", counted, owner="ann") for _ in range(12)]

        assert sorted(answer.result() for answer in answers) == list(range(1, 13))
        note = document_store.get(Note, "n", owner="ann")
        assert note is not None
        assert note.count == 12

    @pytest.mark.reliability("B3")
    def test_of_those_who_take_it_away_at_once_one_gets_it(self, document_store: DocumentStore) -> None:
        notes = [Note(id=f"{number}", owner="ann") for number in range(5)]
        keep(document_store, *notes)

        def take(note: Note) -> Note | None:
            return document_store.update(Note, note.id, lambda it: Edit(answer=it, delete=True), owner="ann")

        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(take, notes * 4))
        assert sorted(note.id for note in taken if note) == sorted(note.id for note in notes)

    @pytest.mark.parametrize(
        "document",
        [
            Note(id="m", owner="ann"),
            Note(id="n", owner="bob"),
            Note(id="n", owner="ann", text="x" * MAX_DOCUMENT_BYTES),
        ],
        ids=["another id", "another owner", "too large"],
    )
    def test_what_can_not_be_kept_is_refused(self, document_store: DocumentStore, document: Note) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - each store says the same, the port's function does
            document_store.update(Note, "n", lambda _: Edit(answer=None, document=document), owner="ann")
        assert document_store.owned(Note, owner="ann") == []

    def test_what_is_just_not_too_large_is_kept(self, document_store: DocumentStore) -> None:
        keep(document_store, note := Note(id="n", owner="ann", text="x" * (MAX_DOCUMENT_BYTES - 200)))

        assert document_store.get(Note, "n", owner="ann") == note

    @pytest.mark.parametrize("document_id", UNNAMEABLE)
    def test_an_id_that_can_be_none_names_nothing(self, document_store: DocumentStore, document_id: str) -> None:
        assert document_store.get(Note, document_id, owner="ann") is None
        assert document_store.update(Note, document_id, lambda stored: Edit(answer=stored), owner="ann") is None
        document_store.delete(Note, document_id, owner="ann")
        note = Note(id=document_id, owner="ann")
        with pytest.raises(ValueError, match="can't be kept"):
            document_store.update(Note, document_id, lambda _: Edit(answer=None, document=note), owner="ann")

    def test_any_id_that_can_be_one_is_kept(self, document_store: DocumentStore) -> None:
        notes = [Note(id=name, owner="ann") for name in ("x" * 200, ".", "..", "__n__", ":", "Note:n", "-")]
        keep(document_store, *notes)

        assert [document_store.get(Note, note.id, owner="ann") for note in notes] == notes


@pytest.mark.reliability("A31")
class TestOwners:
    @pytest.fixture
    def note(self, document_store: DocumentStore) -> Note:
        """One of Ann's."""
        keep(document_store, note := Note(id="n", owner="ann", about="v", due_at=NOW))
        return note

    def test_nobody_else_reads_it(self, document_store: DocumentStore, note: Note) -> None:
        assert document_store.get(Note, "n", owner="bob") is None
        assert document_store.owned(Note, owner="bob") == []
        assert document_store.get(Note, "n", owner=None) == note

    def test_nobody_else_changes_it(self, document_store: DocumentStore, note: Note) -> None:
        mine = replace(note, owner="bob")
        edits: list[Edit[Note, None]] = [
            Edit(answer=None, document=mine),
            Edit(answer=None, delete=True),
            Edit(answer=None),
        ]
        for edit in edits:
            with pytest.raises(NotFound):
                document_store.update(Note, "n", partial(lambda edit, _: edit, edit), owner="bob")
        assert document_store.get(Note, "n", owner="ann") == note

    def test_nobody_else_removes_it(self, document_store: DocumentStore, note: Note) -> None:
        document_store.delete(Note, "n", owner="bob")
        assert document_store.get(Note, "n", owner="ann") == note

        document_store.delete(Note, "n", owner="ann")
        assert document_store.get(Note, "n", owner="ann") is None

    def test_who_serves_nobody_in_particular_may(self, document_store: DocumentStore, note: Note) -> None:
        done = replace(note, due_at=None)
        document_store.update(Note, "n", lambda _: Edit(answer=None, document=done), owner=None)
        assert document_store.get(Note, "n", owner="ann") == done

        document_store.delete(Note, "n", owner=None)
        assert document_store.get(Note, "n", owner="ann") is None

    def test_owners_may_have_any_name(self, document_store: DocumentStore) -> None:
        names = ["a\0b", "a\udcffb", "a\\u0000b", "a\\b", "ab", "A", "", "' --", "x" * 500]
        notes = [Note(id=f"{number}", owner=name, about=name) for number, name in enumerate(names)]
        keep(document_store, *notes)

        assert [document_store.owned(Note, owner=name) for name in names] == [[note] for note in notes]
        assert [document_store.delete_about(name) for name in names] == [int(name != "") for name in names]


class TestLists:
    def test_they_are_ordered_by_the_codes_of_characters(self, document_store: DocumentStore) -> None:
        ids = ["a", "B", "b", "A", "a1", "a-1", "a_1", "a.1", "a:1", "aa", "Z", "0", "10", "9", "-", "_", "."]
        keep(document_store, *(Note(id=each, owner="ann") for each in ids))
        keep(document_store, Note(id="bobs", owner="bob"))
        expected = sorted(ids, reverse=True)

        assert [note.id for note in document_store.owned(Note, owner="ann")] == expected
        for position, last in enumerate(expected):
            found = document_store.owned(Note, owner="ann", limit=3, before=last)
            assert [note.id for note in found] == expected[position + 1 : position + 4]
        assert document_store.owned(Note, owner="ann", before="") == []
        assert len(document_store.owned(Note, owner="ann", before="~")) == len(ids)

    def test_what_is_due_comes_for_longest_first(self, document_store: DocumentStore) -> None:
        def note(document_id: str, due_in_s: float | None, owner: str = "ann") -> Note:
            due_at = None if due_in_s is None else NOW + timedelta(seconds=due_in_s)
            return Note(id=document_id, owner=owner, due_at=due_at)

        late, later, now, same = note("z", -2), note("y", -1.000001, "bob"), note("b", 0), note("c", 0)
        keep(document_store, now, late, same, note("x", None), later, note("w", 0.000001))
        keep(document_store, Other(id="o", owner="ann", due_at=NOW))

        assert document_store.due(Note, until=NOW) == [late, later, now, same]
        assert document_store.due(Note, until=NOW, limit=2) == [late, later]
        assert document_store.due(Note, until=NOW - timedelta(seconds=3)) == []

    @pytest.mark.reliability("B27")
    def test_what_is_about_a_video_goes_with_it(self, document_store: DocumentStore) -> None:
        kept = [Note(id="other", owner="ann", about="w"), Note(id="none", owner="ann")]
        keep(document_store, *kept, *(Note(id=f"{number}", owner="ann", about="v") for number in range(5)))
        keep(document_store, Other(id="o", owner="bob", about="v"))

        assert {note.id for note in document_store.about(Note, "v")} == {"0", "1", "2", "3", "4"}
        assert document_store.about(Note, "") == []
        assert document_store.delete_about("v") == 6
        assert document_store.delete_about("v") == 0
        assert document_store.delete_about("") == 0
        assert {note.id for note in document_store.owned(Note, owner="ann")} == {"other", "none"}
        assert document_store.owned(Other, owner="bob") == []
