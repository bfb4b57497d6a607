from __future__ import annotations

from typing import Any

import pytest

from functions.tag.merging import merge
from shared.testing.videos import object_ref
from tests.unit.functions.tag.found import DURATION_S, evidence, tag


def test_one_tag_a_label_and_kind_with_all_evidence_strongest_first() -> None:
    first, second, third = (evidence(start_s=float(n), confidence=c) for n, c in ((0, 0.7), (1, 0.9), (1, 0.8)))
    merged, dropped = merge(
        [
            tag("XPath", confidence=0.8, evidence=(first, third), producer="keywords"),
            tag("  xpath ", confidence=0.5, evidence=(second, first), producer="model"),
            tag("xpath", kind="text", confidence=0.3),
        ],
        DURATION_S,
    )
    assert [(t.label, t.kind) for t in merged] == [("xpath", "topic"), ("xpath", "text")]
    assert merged[0].evidence == (second, third, first)
    assert merged[0].confidence == pytest.approx(1 - 0.2 * 0.5)
    assert merged[0].producer == "keywords"
    assert dropped == 0


def test_a_tagger_can_not_confirm_itself_and_nothing_is_certain() -> None:
    same, _ = merge([tag("a", confidence=0.8), tag("a", confidence=0.6)], DURATION_S)
    assert same[0].confidence == 0.8
    certain, _ = merge([tag("a", confidence=1.0)], DURATION_S)
    assert certain[0].confidence == 0.99


@pytest.mark.reliability("A29")
@pytest.mark.parametrize(
    "nothing",
    [
        {"quote": None},
        {"quote": ""},
        {"start_s": 12.0, "end_s": 13.0},
        {"start_s": -1.0},
        {"end_s": 10.5},
        {"start_s": 2.0, "end_s": 2.0},
        {"confidence": 1.5},
        {"confidence": float("nan")},
        {"end_s": float("nan")},
    ],
)
def test_a_tag_whose_evidence_shows_nothing_is_dropped_and_counted(nothing: dict[str, Any]) -> None:
    merged, dropped = merge([tag("a", evidence=(evidence(**nothing),)), tag("b")], DURATION_S)
    assert [t.label for t in merged] == ["b"]
    assert dropped == 1


def test_a_frame_is_evidence_without_a_quote() -> None:
    merged, _ = merge([tag("a", evidence=(evidence(quote=None, frame=object_ref()),))], DURATION_S)
    assert len(merged) == 1


@pytest.mark.reliability("A25", "A29")
def test_markup_in_labels_and_quotes_goes() -> None:
    merged, dropped = merge(
        [tag("<b>Cats</b>", evidence=(evidence(quote="<img onerror=x>cats"),)), tag("<i></i>"), tag("x" * 200)],
        DURATION_S,
    )
    assert {t.label for t in merged} == {"cats", "x" * 80}
    assert next(t for t in merged if t.label == "cats").evidence[0].quote == "cats"
    assert dropped == 1


@pytest.mark.reliability("A29")
def test_evidence_and_bad_confidences_are_bounded() -> None:
    many = tuple(evidence(start_s=n / 100) for n in range(50))
    merged, dropped = merge(
        [tag("a", evidence=many), tag("b", confidence=0.0), tag("c", confidence=2.0)], DURATION_S
    )
    assert [len(t.evidence) for t in merged] == [10]
    assert dropped == 2
