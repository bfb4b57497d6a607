"""Which words count as those that were read or heard: mistakes of reading do, inventions don't."""

from __future__ import annotations

import pytest

from shared.domain.quotes import Quotable, is_quote, plain_words, quoted_parts
from tests.unit.functions.tag.found import measured, text, words

pytestmark = pytest.mark.reliability("A29")


@pytest.mark.parametrize(
    ("quote", "line"),
    [
        ("Grand Opening", "GRAND OPENING"),
        ("Grand Opening!", "grand  opening"),
        ("grand opening", "The Grand Opening of the house"),
        ("Grand Opening Today", "Grand 0pening Today"),  # O and 0
        ("Quarterly report 2026", "Quarteriy report 2O26"),  # l and i, 0 and O
        ("Grand Opening", "GRANDOPENING"),
        ("made by hand", "made byhand"),
        ("GRANDOPENING", "Grand Opening"),
        ("Café Crème", "CAFE CREME"),
        ("Semantics of programming", "Semantics of prograrnming"),  # rn and m are two letters
        ("特价", "今日特价五折"),
        ("→", "this → that"),
        ("#1", "#1"),
        ("then f( {$x/title} )", "then f(<old>{$x/title}</old>)"),  # as plain text has it
        ("then f(<old>{$x/title}</old>)", "then f(<old>{$x/title}</old>)"),
        ("don't walk", "DON’T WALK"),  # noqa: RUF001  # as it is printed
    ],
)
def test_what_was_read_with_mistakes_is_the_same(quote: str, line: str) -> None:
    assert is_quote(quote, line, "text")


@pytest.mark.parametrize(
    ("quote", "line"),
    [
        ("50% off", "20% off"),
        ("Flight 1234", "Flight 1235"),
        ("1985", "1986"),
        ("15", "is"),
        ("approved", "disapproved"),
        ("this product is safe for children at home", "this product is not safe for children at home"),
        ("this product is not safe for children at home", "this product is safe for children at home"),
        ("house", "horse"),
        ("cat", "cats"),
        ("Monday", "Sunday"),
        ("lottery winner", "lottery"),
        ("open the red door", "red door open the"),
        ("free money now", "FREE PARKING NOW"),
        ("hand made", "secondhand madeleine"),
        ("grand opening", ""),
        ("", "grand opening"),
        ("  ", "grand opening"),
        ("价特", "今日特价五折"),
    ],
)
def test_what_is_made_up_is_not(quote: str, line: str) -> None:
    assert not is_quote(quote, line, "text")


HEARD = "welcome to the second part of the lecture on the history of trains in the alps"


@pytest.mark.parametrize(
    ("quote", "is_there"),
    [
        ("Welcome to the second part of the lecture.", True),
        ("Welcome to our second part of this lecture on history.", True),
        ("The history of trains in the Alps", True),
        ("In the Alps, the history of the lecture on trains", False),
        ("Welcome to the first day of the holidays in Spain", False),
        ("The bank will transfer the money to the account on Monday.", False),
        ("Trains are late", False),
        ("The the of the", False),
    ],
)
def test_speech_is_misheard_more(quote: str, is_there: bool) -> None:
    assert is_quote(quote, HEARD, "speech") == is_there
    assert not is_quote(quote, HEARD, "text") or plain_words(quote) in (
        plain_words("welcome to the second part of the lecture"),
        plain_words("the history of trains in the alps"),
    )


def test_it_must_be_there_at_that_moment() -> None:
    quotable = Quotable([text("Grand Opening", start_s=4.0, end_s=6.0), measured("brightness", 0.5)])
    assert quotable.holds("grand opening", 5.0, 9.0)
    assert not quotable.holds("grand opening", 6.0, 9.0), "it is gone by then"
    assert not quotable.holds("grand opening", 0.0, 4.0), "it is not there yet"
    assert quotable.holds("grand opening", 7.0, 9.0, slack_s=2.0)
    assert not quotable.holds("grand opening", 5.0, 9.0, modalities=["speech"])
    assert not quotable.holds("0.5", 5.0, 9.0)


def test_what_only_touches_a_moment_is_none_of_it() -> None:
    quotable = Quotable([text("Slide number 1", start_s=7.0, end_s=14.4), text("ok", start_s=20.0, end_s=20.1)])
    assert not quotable.holds("Slide number 1", 14.2, 21.2), "0.2 s are within what times are off by"
    assert quotable.holds("Slide number 1", 14.0, 21.2)
    assert quotable.holds("Slide number 1", 14.2, 14.4), "that is all there is of the moment"
    assert quotable.holds("ok", 18.0, 22.0), "that is all there is of the line"


def test_lines_and_phrases_of_a_moment_are_read_together() -> None:
    lines = [
        text("of the Alps", box=(0.1, 0.5, 0.4, 0.05)),
        text("The trains", box=(0.1, 0.4, 0.4, 0.05)),
        words("we begin", start_s=0.0, end_s=1.0),
        words("with the alps", start_s=1.0, end_s=2.0),
    ]
    quotable = Quotable(lines)
    assert quotable.holds("The trains of the Alps", 0.0, 2.0)
    assert quotable.holds("We begin with the Alps", 0.0, 2.0)
    assert not quotable.holds("The trains we begin", 0.0, 2.0), "one is read, the other is heard"


def test_what_stands_in_quotation_marks() -> None:
    said = 'A sign says "Grand Opening", a man shouts “All aboard!” and »Los«; it is 5" high.'
    assert quoted_parts(said) == ["Grand Opening", "All aboard!", "Los"]
    assert quoted_parts("Nothing is quoted.") == []
