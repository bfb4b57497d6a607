from __future__ import annotations

import pytest

from functions.tag.strategies.persons import PersonsTagger
from shared.domain.records import Finding, Tag
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import text, video, words


def tags(*findings: Finding) -> dict[str, Tag]:
    return {tag.label: tag for tag in PersonsTagger(ports()).tag(video(*findings))}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Directed by Colin Levy", {"colin levy"}),
        ("Written and directed by JEAN-LUC DUPONT", {"jean-luc dupont"}),
        ("Music by J. S. Bach and Clara Schumann", {"j. s. bach", "clara schumann"}),
        ("STARRING: HALINA REIJN - THOM HOFFMAN", {"halina reijn", "thom hoffman"}),
        ("Regie: Anna von der Leyen", {"anna von der leyen"}),
        ("Prof. Donald Kossmann", {"donald kossmann"}),
        ("Lecture by Professor Ada Lovelace, ETH Zürich", {"ada lovelace"}),
        ("Speaker: Grace Hopper", {"grace hopper"}),
        ("Music: Ines Pohl", {"ines pohl"}),
        ("Film By Anna Berger", {"anna berger"}),
    ],
)
def test_credits_and_titles_name_persons(line: str, names: set[str]) -> None:
    found = tags(text(line))
    assert set(found) == names
    assert {tag.kind for tag in found.values()} == {"person-mentioned"}
    assert {tag.evidence[0].quote for tag in found.values()} == {line}


@pytest.mark.parametrize(
    "line",
    [
        "Colin Levy",  # nothing says what that is
        "HALINA REIJN - THOM HOFFMAN",
        "Produced by the Netherlands Film Fund",
        "Directed by",
        "Edited by Final Cut Studio",
        "Directed by a whole team of people",
        "Music by Moby",  # a first or a last name alone may be anything
        "Presented by Samsung Galaxy 8",
        "The film was directed by chance and Some Luck",
        "Speaker Volume Control",
        "Dr. Pepper Zero Sugar",
        "Starring Tom Hanks and many others",  # a list that is not one of names
        "the director John Ford",
        "Camera Obscura Club",
    ],
)
def test_nothing_else_does(line: str) -> None:
    assert not tags(text(line))


def test_the_line_below_a_role_is_its_name() -> None:
    role = text("DIRECTED BY", box=(0.3, 0.4, 0.4, 0.05))
    name = text("Colin Levy", box=(0.35, 0.5, 0.3, 0.05))
    far = text("Somebody Else", box=(0.35, 0.8, 0.3, 0.05))
    beside = text("Other Person", box=(0.8, 0.5, 0.1, 0.05))
    later = text("Jane Doe", box=(0.35, 0.5, 0.3, 0.05), start_s=5.0, end_s=6.0)
    assert set(tags(role, name, far, beside, later)) == {"colin levy"}


def test_people_introduce_themselves() -> None:
    assert set(tags(words("Hello, my name is Grace Hopper, and I teach."))) == {"grace hopper"}
    assert not tags(words("hello my name is grace hopper and i teach"))
    assert not tags(words("My name is written on the Blue Door"))


def test_a_doubtful_reading_names_nobody() -> None:
    assert not tags(text("Directed by Colin Levy", confidence=0.9))


def test_all_places_are_evidence() -> None:
    twice = tags(text("Directed by Colin Levy"), text("Edited by Colin Levy", start_s=5.0, end_s=6.0))
    assert [item.start_s for item in twice["colin levy"].evidence] == [0.0, 5.0]
