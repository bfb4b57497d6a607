"""What a query asks for, how texts fit it, and that what is misspelt is found by what stores keep of words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.search_query import (
    Fit,
    anchors,
    closeness,
    fit,
    is_spelt_alike,
    may_be_misspelt,
    mistakes,
    parse_query,
    swaps,
)

LETTERS = st.sampled_from("abcd")


@pytest.mark.parametrize(
    ("text", "words", "phrases"),
    [
        ("", (), ()),
        ("Fox fox FÓX hare", ("fox", "hare"), ()),
        ('the "quick, Brown" fox', ("the", "fox"), (("quick", "brown"),)),
        ("„quick brown“ fox", ("fox",), (("quick", "brown"),)),
        ('"fox" "fox" "" "--"', (), (("fox",),)),
        ('the "quick fox', ("the", "quick", "fox"), ()),
    ],
)
def test_words_and_phrases(text: str, words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> None:
    query = parse_query(text)
    assert (query.words, query.phrases) == (words, phrases)


def test_of_a_long_query_the_beginning_counts() -> None:
    assert parse_query(" ".join(f"w{number}" for number in range(100))).size == 32
    assert parse_query(" ".join(f'"w{number} x"' for number in range(100)) + " y").size == 32


@pytest.mark.parametrize(
    ("query", "text", "how"),
    [
        ("fox", "the fox", Fit.WHOLE),
        ("fo the", "the fox", Fit.BEGINNINGS),
        ("foxes", "the foxas ran", Fit.ALIKE),
        ("the foxes ra", "the foxas ran", Fit.ALIKE),
        ("fox", "the hare", None),
        ('"the fox"', "the the fox", Fit.WHOLE),
        ('"the fox" ra', "the fox ran", Fit.BEGINNINGS),
        ('"the fox"', "the", None),
        ("", "the fox", None),
        ("fox", "", None),
    ],
)
def test_how_texts_fit(query: str, text: str, how: Fit | None) -> None:
    assert fit(parse_query(query), text.split()) == how


def test_a_text_that_fits_too_little_does_not_fit() -> None:
    assert fit(parse_query("foxes"), ["foxas"], Fit.BEGINNINGS) is None
    assert fit(parse_query("fo"), ["fox"], Fit.WHOLE) is None


def test_how_it_fits_counts_more_than_how_much_of_the_text_it_is() -> None:
    query = parse_query("fox")
    scores = [closeness(query, how, size) for how in Fit for size in (10_000, 2, 1)]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    assert (scores[0] > 0, scores[-1]) == (True, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("", "", 0),
        ("fox", "fox", 0),
        ("fox", "fax", 1),
        ("fox", "ofx", 1),
        ("fox", "fo", 1),
        ("abcd", "badc", 2),
        ("planet", "plants", 2),
        ("planet", "xxxxxx", 3),
        ("ab", "abcde", 3),
    ],
)
def test_mistakes_are_counted_up_to_a_point(one: str, other: str, count: int) -> None:
    assert mistakes(one, other, 2) == count
    assert mistakes(other, one, 2) == count


@pytest.mark.parametrize("word", ["", "four", "x" * 33, "12345", "mp4video", "a1b2c3"])
def test_short_words_and_numbers_mean_what_they_are(word: str) -> None:
    assert not may_be_misspelt(word)
    assert not is_spelt_alike(word, word + "x")


@given(st.text(LETTERS, min_size=5, max_size=7), st.data())
def test_one_mistake_leaves_something_that_words_are_found_by(word: str, data: st.DataObject) -> None:
    at, letter = data.draw(st.integers(0, len(word) - 1)), data.draw(LETTERS)
    misspelt = data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word + letter,
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
            ]
        )
    )
    if len(misspelt) >= 5:
        assert is_spelt_alike(misspelt, word)
        assert set(anchors(misspelt)) & set(anchors(word)) or word in swaps(misspelt)


@given(st.text(LETTERS, min_size=5, max_size=12), st.text(LETTERS, min_size=4, max_size=12))
def test_whatever_is_spelt_alike_is_found_by_what_stores_keep(wanted: str, word: str) -> None:
    if is_spelt_alike(wanted, word):
        assert set(anchors(wanted)) & set(anchors(word)) or word in swaps(wanted)
