from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.corrections import PERSON, corrected_records, corrected_tags, detail_entries, tag_label
from shared.domain.records import Recommendation, Record, SearchEntry, Tag
from shared.domain.tags import merged_spans
from shared.domain.video import Details, TagEdit, Video
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import search_entry, tag

DURATION_S = 10.0
LABELS = st.sampled_from(["train", "snow", "night"])


def says(label: str, *, present: bool = True, **values: Any) -> TagEdit:
    return TagEdit(label=label, kind="topic", present=present, by="ann", **values)


def video(**values: Any) -> Video:
    driver = VideoDriver(InMemoryVideoRepository())
    return replace(driver.finish(driver.upload("ann/clip.mp4")), **values)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("  Deep\tSnow ", "deep snow"),
        ("STRASSE", "strasse"),
        ("<b>Bold</b>", "bold"),
        ("\u202eevil\0", "evil"),
        ("<img onerror=x>", ""),
        ("\0", ""),
    ],
)
@pytest.mark.reliability("A25")
def test_labels_are_plain_small_words(typed: str, label: str) -> None:
    assert tag_label(typed) == label


@pytest.mark.parametrize(
    ("edit", "span"),
    [
        (says("snow"), (0.0, 10.0)),
        (says("snow", start_s=2.0), (2.0, 10.0)),
        (says("snow", start_s=2.0, end_s=3.0), (2.0, 3.0)),
        (says("snow", start_s=2.0, end_s=30.0), (2.0, 10.0)),
        (says("snow", start_s=20.0, end_s=30.0), (0.0, 10.0)),
    ],
)
def test_a_persons_evidence_lies_in_the_video_that_there_is_now(edit: TagEdit, span: tuple[float, float]) -> None:
    (evidence,) = corrected_tags([], [edit], DURATION_S)[0].evidence
    assert (evidence.start_s, evidence.end_s) == span
    assert evidence.quote == "added by a person"


def test_a_tag_that_was_found_is_confirmed_where_it_was_found() -> None:
    place = replace(tag("snow").evidence[0], start_s=4.0, end_s=6.0)
    later = replace(place, start_s=8.0, end_s=9.0, confidence=0.5)
    found = replace(tag("snow"), evidence=(place, later), spans=merged_spans((place, later)))
    (confirmed,) = corrected_tags([found], [says("snow")], DURATION_S)
    assert confirmed.evidence[:2] == (place, later)
    own = confirmed.evidence[2]
    assert (own.producer, own.quote) == (PERSON, "confirmed by a person")
    assert (own.start_s, own.end_s, own.modality) == (4.0, 6.0, place.modality)
    assert confirmed.spans == found.spans
    assert corrected_tags([confirmed], [says("snow")], DURATION_S) == [confirmed]


def test_confirming_a_tag_keeps_places_that_are_no_evidence_any_more() -> None:
    places = tuple(replace(tag("snow").evidence[0], start_s=n / 2, end_s=n / 2 + 0.2) for n in range(15))
    found = replace(tag("snow"), evidence=places[:10], spans=merged_spans(places))
    (confirmed,) = corrected_tags([found], [says("snow")], DURATION_S)
    assert confirmed.spans == found.spans
    assert corrected_tags([confirmed], [says("snow")], DURATION_S) == [confirmed]


def test_one_tag_a_label_whatever_kinds_were_found() -> None:
    found = [tag("snow"), tag("snow", kind="text"), tag("train")]
    snow, train = corrected_tags(found, [replace(says("snow"), kind="style")], DURATION_S)
    assert (snow.label, snow.kind, snow.producer) == ("snow", "style", PERSON)
    assert [one.producer for one in snow.evidence] == ["text", "text", PERSON]
    assert train == tag("train")
    own, _ = corrected_tags(found, [replace(says("snow"), kind="text")], DURATION_S)
    assert [one.producer for one in own.evidence] == ["text", PERSON], "the other tag shows nothing of it"
    assert corrected_tags(found, [says("snow", present=False)], DURATION_S) == [tag("train")]


@given(
    st.lists(st.builds(tag, LABELS), max_size=4),
    st.dictionaries(LABELS, st.booleans()),
    st.dictionaries(LABELS, st.booleans()),
)
def test_what_was_said_last_counts(found: list[Tag], first: dict[str, bool], last: dict[str, bool]) -> None:
    before, after = (
        [says(label, present=present) for label, present in said.items()] for said in (first, first | last)
    )
    once = corrected_tags(found, after, DURATION_S)
    assert corrected_tags(once, after, DURATION_S) == once
    again = corrected_tags(corrected_tags(found, before, DURATION_S), after, DURATION_S)
    assert [one.label for one in again] == [one.label for one in once]
    labels = {one.label for one in once}
    assert all((label in labels) is present for label, present in (first | last).items())


def test_records_follow_what_is_said_and_nothing_else_changes() -> None:
    before = video()
    kept: tuple[Record, ...] = (
        Recommendation(kind="chapter", value="One", reason="a new scene", score=0.5, start_s=0.0),
        search_entry("read in the picture"),
        search_entry("Suggested", source="title"),
    )
    left: tuple[Record, ...] = (
        tag("train"),
        *kept,
        *detail_entries(before, DURATION_S),
        search_entry("train", source="tag", confidence=tag("train").confidence),
    )
    after = replace(before, details=Details(title="Alps", description="A\nlake"), tag_edits=(says("snow"),))
    records = corrected_records(left, before, after)
    assert [one.label for one in records if isinstance(one, Tag)] == ["snow", "train"]
    assert {one for one in kept if one in records} == set(kept)
    texts = [(one.source, one.text) for one in records if isinstance(one, SearchEntry)]
    assert sorted(texts) == [
        ("description", "A lake"),
        ("tag", "snow"),
        ("tag", "train"),
        ("text", "read in the picture"),
        ("title", "Alps"),
        ("title", "Suggested"),
        ("title", "clip"),
    ]
    taken_back = corrected_records(records, after, before)
    assert set(taken_back) == set(left)


def test_a_title_that_is_the_files_name_is_found_once() -> None:
    named = video(details=Details(title="clip"))
    assert [one.text for one in detail_entries(named, DURATION_S)] == ["clip"]
