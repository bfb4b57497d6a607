from __future__ import annotations

import pytest

from functions.tag.words import parts, singular, word_list


def test_words_are_kept_as_written_without_signs_and_addresses() -> None:
    assert word_list("■ Don't panic: C++, C# & full-text at http://a.b/c?d or me@x.org!") == [
        "Don't",
        "panic",
        "C++",
        "C#",
        "full-text",
        "at",
        "or",
    ]


def test_parts_end_at_signs_but_not_inside_words() -> None:
    assert parts("Halina Reijn - Thom Hoffman (actor), see http://x.y/z full-text") == [
        ["Halina", "Reijn"],
        ["Thom", "Hoffman"],
        ["actor"],
        [],
        ["see"],
        ["full-text"],
    ]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("Nodes", "node"),
        ("Queries", "query"),
        ("class", "class"),
        ("Bus", "bus"),
        ("gas", "gas"),
        ("XPath", "xpath"),
    ],
)
def test_plurals_compare_equal(word: str, stem: str) -> None:
    assert singular(word) == stem
