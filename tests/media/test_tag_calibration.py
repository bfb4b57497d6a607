"""That a confidence means what it says: of tags said at 0.8, about 80 of 100 are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.tag.calibration import worth
from shared.adapters.rapidocr import RapidOcrTextReader
from tests.calibration.__main__ import CURVES
from tests.calibration.curves import curves_of, reliability
from tests.calibration.halves import halves
from tests.calibration.judging import Judgement, judged
from tests.calibration.pictures import read_cases
from tests.result_table import ResultTable

FRESH_PICTURES = 16
MIN_TAGS = 25
"""In a bin that is held to what it says; of fewer, chance decides."""

TOLERANCE = 0.1


def said(judgement: Judgement) -> tuple[str, float, bool]:
    """Returns what the stage says of a tag like this one."""
    return judgement.basis, worth(judgement.basis, judgement.said), judgement.right


def test_the_curves_follow_from_the_judgements() -> None:
    assert CURVES.read_text(encoding="utf-8") == curves_of(halves()[0])


def test_what_is_said_is_how_often_it_is_right(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    unseen = halves()[1]
    fresh = list(judged(read_cases(RapidOcrTextReader(), tmp_path, FRESH_PICTURES, seed=2)))
    assert len(fresh) >= FRESH_PICTURES
    judgements = [*unseen, *fresh]
    together = [("all", *said(one)[1:]) for one in judgements]
    table = ResultTable(
        tmp_path_factory,
        "tag-reliability",
        ("judged together", "tags", "said", "right"),
        "Confidence of tags and how many are right, on cases that made no curve",
    )
    for found in (*reliability(map(said, judgements)), *reliability(together)):
        table.add(found.basis, str(found.tags), f"{found.said:.2f}", f"{found.right:.2f}")
        if found.basis == "all" and found.tags >= MIN_TAGS:
            assert found.right == pytest.approx(found.said, abs=TOLERANCE), found
    table.write()
    read = {"keywords: text", "persons: text", "taxonomy: text"}
    measured = {"signals: music", "signals: silero-vad", "stretches: levels", "stretches: pictures"}
    assert {name for name, _, _ in map(said, judgements)} >= read | measured
