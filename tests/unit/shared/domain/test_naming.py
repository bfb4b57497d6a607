"""Names of people's files, made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.naming import display_name


@pytest.mark.reliability("A10")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ann/clip.mp4", "clip.mp4"),
        ("clip.mp4", "clip.mp4"),
        ("ann/folder/", "folder"),
        ("Ünïcode \U0001f3ac.mp4", "Ünïcode \U0001f3ac.mp4"),
        ("line\nbreak\r\t.mp4", "line\\x0abreak\\x0d\\x09.mp4"),
        ("nul\0.mp4", "nul\\x00.mp4"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\u2028", "\\u2028"),
        ("\udcff.mp4", "\\udcff.mp4"),
        ("\U000e0041tag", "\\U000e0041tag"),
    ],
)
def test_what_cant_be_seen_is_written_out(name: str, shown: str) -> None:
    assert display_name(name) == shown


@pytest.mark.reliability("A10")
@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_whatever_the_name_only_visible_characters_are_shown(name: str) -> None:
    shown = display_name(name)

    assert "/" not in shown
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
