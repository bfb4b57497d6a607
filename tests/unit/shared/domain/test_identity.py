"""Names that everybody computes alike, for ever: these values must not change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identity import (
    clips_key,
    erased_id,
    event_id_of,
    generation_of,
    memo_key,
    object_prefix,
    owner_of,
    result_key,
    token_of,
    video_id_of,
)

NAMES = st.text(st.characters() | st.characters(categories=["Cs"]))


def test_ids_are_what_they_always_were() -> None:
    assert video_id_of("uploads", "ann/clip.mp4") == "vzgmumuoomtherzzt6635ecr5d7"
    assert event_id_of("v", 1, "video-ready") == "afe0fe17-247d-50b1-8f5d-7d04701c3b06"


@pytest.mark.reliability("A10", "B1")
@given(NAMES, NAMES)
def test_a_video_id_is_safe_and_one_for_each_object(first: str, second: str) -> None:
    assert re.fullmatch(r"v[a-z2-7]{26}", video_id_of("uploads", first))
    assert (video_id_of("uploads", first) == video_id_of("uploads", second)) == (first == second)
    assert video_id_of("uploads", first) != video_id_of("media", first)


def test_bucket_and_name_cant_be_shifted_into_each_other() -> None:
    assert video_id_of("a", "bc") != video_id_of("ab", "c")


@pytest.mark.parametrize(
    ("name", "owner"),
    [("ann/clip.mp4", "ann"), ("ann/2026/clip.mp4", "ann"), ("clip.mp4", "default"), ("/clip.mp4", "default")],
)
def test_the_first_folder_is_the_owner(name: str, owner: str) -> None:
    assert owner_of(name) == owner


def test_events_of_another_run_or_type_are_other_events() -> None:
    ids = {event_id_of("v", run, kind) for run in (1, 2) for kind in ("video-ready", "video-failed")}

    assert len(ids) == 4


def test_an_attempts_objects_lie_under_its_key() -> None:
    assert result_key(2, "segment", 7) == "r2/segment-7"
    assert token_of("r2/segment-7") == 7
    assert object_prefix("v1", "r2/segment-7") == "videos/v1/r2/segment-7/"
    assert object_prefix("v1") == "videos/v1/"


def test_a_memo_key_is_told_from_a_result_key() -> None:
    assert generation_of(memo_key(1795234103575995642)) == 1795234103575995642
    assert generation_of(clips_key(1795234103575995642)) == 1795234103575995642
    assert generation_of(result_key(1, "analyze", 4)) is None


def test_what_an_erased_video_is_remembered_as_tells_nothing() -> None:
    ids = [video_id_of("uploads", f"ann/{number}.mp4") for number in range(100)]
    digests = [erased_id(video_id) for video_id in ids]
    assert len(set(digests)) == 100
    assert all(re.fullmatch("e[a-z2-7]{26}", digest) for digest in digests)
    assert not {digest[1:] for digest in digests} & {video_id[1:] for video_id in ids}
