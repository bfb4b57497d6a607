"""Words are letters and digits, whatever accents, case and signs are around them."""

from __future__ import annotations

import pytest

from shared.domain.search_words import search_words


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


def test_of_what_is_huge_the_beginning_counts() -> None:
    assert search_words("x" * 1000) == ["x" * 255]
    assert len(search_words("x " * 1_000_000)) == 50_000
