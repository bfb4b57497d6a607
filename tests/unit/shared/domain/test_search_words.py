"""Words are letters and digits, whatever accents, case and signs are around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.search_words import search_words, word_places


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("\0 \udcff -- '\"", []),
        ("The QUICK, brown_fox!", ["the", "quick", "brown", "fox"]),
        ("Café cafe\u0301 Straße ﬁle", ["cafe", "cafe", "strasse", "file"]),
        ("42% of 3D, 1e-5", ["42", "of", "3d", "1e", "5"]),
        ("東京都 Привет", ["東京都", "привет"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert search_words(text) == words


@given(st.text(max_size=60))
def test_places_are_those_of_the_words(text: str) -> None:
    places = word_places(text)
    assert [word for word, _, _ in places] == search_words(text)
    for word, start, end in places:
        assert 0 <= start < end <= len(text)
        assert word in search_words(text[start:end])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The QUICK, brown_fox!", ["The", "QUICK", "brown", "fox"]),
        ("Cafe\u0301 Straße, \ufb01le", ["Cafe\u0301", "Straße", "\ufb01le"]),
        ("東京都 ½x", ["東京都", "½", "½x"]),
    ],
)
def test_places_lead_to_the_words_as_they_stand_there(text: str, words: list[str]) -> None:
    assert [text[start:end] for _, start, end in word_places(text)] == words


def test_of_what_is_huge_the_beginning_counts() -> None:
    assert search_words("x" * 1000) == ["x" * 255]
    assert len(search_words("x " * 1_000_000)) == 50_000
