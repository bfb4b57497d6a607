from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.tag.categories import Taxonomy, published_paths
from shared.domain.records import Finding
from tests.unit.functions.tag.found import measured, text, words

FOLDER = Path(__file__).parents[4] / "functions" / "tag"


def categories(*findings: Finding) -> list[str]:
    return [tag.label for tag in Taxonomy().categorize(findings)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["XQuery includes XPath", "Path Expressions"], ["technology & computing / computing"]),
        (
            ["THE DURIAN OPEN MOVIE PROJECT", "THE NETHERLANDS FILM FUND"],
            ["entertainment / movies"],
        ),
        (["Technische Hochschule", "Institute of Technology"], ["education / college education"]),
        (["chrome", "HDMI"], ["technology & computing / consumer electronics"]),
    ],
)
def test_two_cues_make_a_category(lines: list[str], expected: list[str]) -> None:
    assert categories(*map(text, lines)) == expected


def test_no_category_rather_than_a_doubtful_one() -> None:
    assert not categories(text("the pilot program"), text("open source"), measured("brightness", 0.4))
    assert not categories(text("a movie"), text("movies"))  # one keyword, twice
    assert not categories(text("Authorised Retailer"))  # holds "retailer", which is part of the other keyword
    assert not categories(words("recipe", confidence=0.4), words("flour", confidence=0.4))


def test_clear_speech_counts() -> None:
    assert categories(words("add a tablespoon of flour"), words("in the oven")) == ["food & drink / cooking"]


def test_hints_alone_prove_nothing() -> None:
    assert not categories(text("Rain or snow"), text("The sunny side"))
    assert categories(text("Rain or snow"), text("The sunny side"), text("Weather")) == ["science / weather"]


def test_evidence_is_where_the_cues_are() -> None:
    lines = [text("A movie", start_s=1.0), text("unrelated"), text("The trailer", start_s=1.5)]
    (tag,) = Taxonomy().categorize(lines)
    assert [item.quote for item in tag.evidence] == ["A movie", "The trailer"]
    assert tag.kind == "category"
    assert tag.confidence == pytest.approx(0.75)


def test_a_rival_must_be_nearly_as_good() -> None:
    film = [text(word) for word in ("movie", "trailer", "cinema", "screenplay")]
    food = [text("recipe"), text("flour")]
    assert categories(*film, *food) == ["entertainment / movies", "food & drink / cooking"]
    weak = [text("recipe", confidence=0.8), text("flour", confidence=0.8)]
    assert categories(*film, *weak) == ["entertainment / movies"]


def test_the_taxonomy_says_whose_it_is_and_holds_two_levels() -> None:
    published = json.loads((FOLDER / "content_taxonomy.json").read_text(encoding="utf-8"))
    assert (published["name"], published["version"]) == ("IAB Tech Lab Content Taxonomy", "3.1")
    assert "Creative Commons Attribution 3.0" in published["license"]
    assert {"publisher", "source", "changes"} <= set(published)
    paths = published_paths()
    assert (paths["599"], paths["464"], len(paths)) == ("Technology & Computing / Computing", "Science", 387)


def test_cues_are_well_formed_and_of_published_categories() -> None:
    cues = json.loads((FOLDER / "category_cues.json").read_text(encoding="utf-8"))
    assert set(cues) <= set(published_paths().values())
    for category, kinds in cues.items():
        assert set(kinds) == {"sure", "hints"}
        assert not set(kinds["sure"]) & set(kinds["hints"]), category
        for listed in kinds.values():
            assert listed == sorted(set(listed)), category
            assert all(cue == cue.casefold() for cue in listed)
        assert kinds["sure"], category
