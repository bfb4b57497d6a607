"""Every name has one path inside the bucket, and every path people can make has one name."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.object_paths import name_from_parts, parts_of_name

MARKERS = st.sampled_from(["%=", "%+", "%-", "%2E", "%00", "%25", "..", ".", "/", "//", "\0", "é", "\U0001f3ac"])
NAMES = (
    st.lists(
        st.one_of(MARKERS, st.text(max_size=3), st.text(alphabet="ab%", min_size=200, max_size=300)), min_size=1
    )
    .map("".join)
    .filter(lambda name: 1 <= len(name.encode("utf-8", "surrogatepass")) <= 1024)
    .filter(lambda name: not any("\ud800" <= char <= "\udfff" for char in name))
)
HAND_MADE = st.lists(
    st.binary(min_size=1, max_size=255)
    .filter(lambda part: b"/" not in part and b"\0" not in part and part not in {b".", b".."})
    .filter(lambda part: not part.startswith((b"%=", b"%+", b"%-")))
    .map(os.fsdecode),
    min_size=1,
    max_size=3,
)


@pytest.mark.reliability("A7", "A8", "A9", "A10", "A11")
@given(NAMES)
@example("/")
@example("../../etc/passwd")
@example("%2e%2e/x")
@example("%=%2E")
@example("\0" * 1024)
@example("\U0001f3ac" * 256)
@example("a" * 1024)
def test_a_name_comes_back_from_its_path(name: str) -> None:
    parts = parts_of_name(name)

    assert name_from_parts(parts) == name
    for part in parts:
        assert part not in {"", ".", ".."}
        assert "/" not in part
        assert "\0" not in part
        assert len(os.fsencode(part)) <= 255


@given(HAND_MADE)
@example(["my%20movie.mp4"])
@example(["100%25.mp4"])
@example(["%2E"])
@example(["line\nbreak.mp4"])
@example(["x" * 255])
@example([os.fsdecode(b"latin-1-\xe9.mp4")])
def test_a_path_that_people_make_comes_back_from_its_name(parts: list[str]) -> None:
    assert parts_of_name(name_from_parts(parts)) == tuple(parts)


@pytest.mark.parametrize("name", ["ann/clip.mp4", "Ann's clip (1).mp4", "a b/ü.mov", "-y", "img%03d.mp4", "..."])
def test_an_ordinary_name_is_its_own_path(name: str) -> None:
    assert parts_of_name(name) == tuple(name.split("/"))


@pytest.mark.parametrize("name", ["", "a" * 1025, "é" * 513, "\ud800", "\udcc3\udca9"])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name|encode"):
        parts_of_name(name)


@pytest.mark.parametrize("parts", [[], ["%=a"], ["%-a"], ["%+a"], ["%+a", "b"], ["%=%2E%2E", "%=%2e"]])
def test_a_path_that_misuses_a_marker_is_refused(parts: list[str]) -> None:
    with pytest.raises(ValueError, match=r"stands for no object|name"):
        name_from_parts(parts)
