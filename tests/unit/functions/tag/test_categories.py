from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.tag.categories import Taxonomy
from shared.domain.records import Finding
from tests.unit.functions.tag.found import measured, text, words

TAXONOMY = Path(__file__).parents[4] / "functions" / "tag" / "taxonomy.json"


def categories(*findings: Finding) -> list[str]:
    return [tag.label for tag in Taxonomy().categorize(findings)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["XQuery includes XPath", "Path Expressions"], ["technology / programming"]),
        (["THE DURIAN OPEN MOVIE PROJECT", "THE NETHERLANDS FILM FUND"], ["entertainment / film"]),
        (["Technische Hochschule", "Institute of Technology"], ["education / university"]),
        (["chrome", "HDMI"], ["technology / home electronics"]),
    ],
)
def test_two_keywords_make_a_category(lines: list[str], expected: list[str]) -> None:
    assert categories(*map(text, lines)) == expected


def test_no_category_rather_than_a_doubtful_one() -> None:
    assert not categories(text("the pilot program"), text("open source"), measured("brightness", 0.4))
    assert not categories(text("a movie"), text("movies"))  # one keyword, twice
    assert not categories(text("Authorised Retailer"))  # holds "retailer", which is part of the other keyword
    assert not categories(words("recipe", confidence=0.4), words("flour", confidence=0.4))


def test_clear_speech_counts() -> None:
    assert categories(words("add the flour and the butter"), words("in the oven")) == ["life / food"]


def test_evidence_is_where_the_keywords_are() -> None:
    lines = [text("A movie", start_s=1.0), text("unrelated"), text("The trailer", start_s=1.5)]
    (tag,) = Taxonomy().categorize(lines)
    assert [item.quote for item in tag.evidence] == ["A movie", "The trailer"]
    assert tag.kind == "category"
    assert tag.confidence == pytest.approx(0.75)


def test_a_rival_must_be_nearly_as_good() -> None:
    film = [text(word) for word in ("movie", "trailer", "cinema", "screenplay")]
    food = [text("recipe"), text("flour")]
    assert categories(*film, *food) == ["entertainment / film", "life / food"]
    weak = [text("recipe", confidence=0.8), text("flour", confidence=0.8)]
    assert categories(*film, *weak) == ["entertainment / film"]


def test_the_published_list_is_well_formed() -> None:
    tree = json.loads(TAXONOMY.read_text(encoding="utf-8"))
    for area, topics in tree.items():
        for topic, keywords in topics.items():
            assert area == area.casefold()
            assert topic == topic.casefold()
            assert keywords == sorted(set(keywords)), topic
            assert all(keyword == keyword.casefold() for keyword in keywords)
            assert len(keywords) >= 5
