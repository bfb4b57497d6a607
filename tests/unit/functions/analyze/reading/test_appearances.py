from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.analyze.reading.appearances import joined, told_of
from functions.analyze.reading.lines import Reading
from functions.analyze.reading.tracker import Appearance
from tests.unit.functions.analyze.studio import keyframe


def appearance(text: str, start_s: float, end_s: float, *, confidence: float = 0.99, **values: Any) -> Appearance:
    box = values.pop("box", (0.1, 0.1, 0.5, 0.1))
    reading = Reading(name="text", text=text, confidence=confidence, box=box, time_s=start_s)
    times = {"before_s": start_s - 0.2, "last_s": end_s - 0.2} | values
    return Appearance(reading=reading, start_s=start_s, end_s=end_s, **({"moves": False} | times))


def spans(lines: Any) -> list[tuple[str, float, float]]:
    return [(line.reading.text, line.start_s, line.end_s) for line in lines]


def test_a_line_that_was_only_not_seen_is_one_with_its_best_reading() -> None:
    lines = joined([appearance("It is stil here", 1, 2, confidence=0.7), appearance("It is still here", 2.4, 4)])
    assert spans(lines) == [("It is still here", 1, 4)]


@pytest.mark.parametrize(
    "later",
    [
        appearance("It is still here", 2.6, 4),
        appearance("Something else", 2.1, 4),
        appearance("It is still here", 2.1, 4, box=(0.1, 0.7, 0.5, 0.1)),
    ],
    ids=["later", "another", "elsewhere"],
)
def test_other_lines_are_not_joined(later: Appearance) -> None:
    assert len(joined([appearance("It is still here", 1, 2), later])) == 2


def test_what_flashes_up_must_be_read_well() -> None:
    lines = joined(
        [appearance("texture", 1, 1.2, confidence=0.8), appearance("a word", 2, 2.2), appearance("x", 3, 3)]
    )
    assert spans(lines) == [("a word", 2, 2.2)]


def test_lines_are_told_from_top_to_bottom() -> None:
    lines = [appearance("below", 1, 2, box=(0.1, 0.5, 0.5, 0.1)), appearance("above", 1, 2)]
    assert [text for text, _, _ in spans(joined(lines))] == ["above", "below"]


def test_begin_and_end_are_the_cuts_between_pictures(tmp_path: Path) -> None:
    keys = [keyframe(tmp_path, n, n * 2.1, n * 2.1 + 2.1) for n in range(3)]
    told = told_of(appearance("a title", 2.2, 4.3), keys, "text", "2")
    assert (told.start_s, told.end_s, told.shot) == (2.1, 4.2, 1)
    told = told_of(appearance("a title", 2.4, 4.1), keys, "text", "2")
    assert (told.start_s, told.end_s) == (2.4, 4.1)


def test_a_line_that_moves_shows_the_keyframe_only_where_it_was_read(tmp_path: Path) -> None:
    keys = [keyframe(tmp_path, 0, 0, 4)]
    for moves, start_s, shown in ((False, 1.0, True), (True, 1.0, False), (True, 1.9, True)):
        told = told_of(appearance("credits", start_s, 3, moves=moves), keys, "text", "2")
        assert (told.frame is not None) == shown
