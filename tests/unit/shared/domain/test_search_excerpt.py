"""What is shown of a text that was found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.search_excerpt import excerpt


def marked(query: str, text: str) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in excerpt(query, text))


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("fox", "The fox, the FOX", "The [fox], the [FOX]"),
        ("fo qui", "The quick foxes", "The [quick] [foxes]"),
        ("ox", "The fox", "The fox"),
        ("cafe", "Ein Café, Cafe\u0301!", "Ein [Café], [Cafe\u0301]!"),
        ("strasse", "Straßenbahn", "[Straßenbahn]"),
        ('"quick brown"', "brown, quick. Quick-brown", "brown, quick. [Quick-brown]"),
        ('"quick brown" brown', "quick brown brown", "[quick brown] [brown]"),
        ("quikc fox", "quick fox", "[quick] [fox]"),
        ("quick fox", "quick quickly quack fox", "[quick] [quickly] quack [fox]"),
        ("b", "<b onclick='x'>b</b>", "<[b] onclick='x'>[b]</[b]>"),
        ("red", "\x1b[31m red\x07\u202e", " [31m [red]  "),
        ("", "The fox", "The fox"),
        ("fox", "", ""),
    ],
)
def test_what_was_looked_for_is_marked(query: str, text: str, shown: str) -> None:
    assert marked(query, text) == shown


def test_of_a_long_text_the_part_around_the_first_word_is_shown() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    pieces = excerpt("word500", text)

    shown = "".join(piece.text for piece in pieces)
    assert [piece.text for piece in pieces if piece.marked] == ["word500"]
    assert shown[:6] == "…word4"
    assert shown[-1] == "…"
    assert len(shown) < 250
    assert marked("word0", text).startswith("[word0] word1")
    assert marked("word999", text).endswith("word998 [word999]")
    assert len("".join(piece.text for piece in excerpt("x", "x" * 10_000))) < 250


@given(st.text(max_size=100), st.text(max_size=10))
def test_pieces_make_up_the_text_and_hold_nothing_that_a_terminal_obeys(text: str, query: str) -> None:
    pieces = excerpt(query, text)

    assert "".join(piece.text for piece in pieces) == "".join(char if char.isprintable() else " " for char in text)
    assert all(piece.text.isprintable() and piece.text for piece in pieces)
