from __future__ import annotations

from typing import Any

import pytest

from functions.tag import calibration
from functions.tag.evidence import Witnesses, evidence_of
from functions.tag.merging import merge
from shared.domain.records import Evidence
from shared.domain.tags import TimeSpan
from shared.testing.videos import object_ref
from tests.unit.functions.tag.found import DURATION_S, evidence, tag, text, told, words

WITNESSES = Witnesses(
    [text("a quote", end_s=10.0), text("cats", end_s=10.0), words("what a quote", start_s=4.0, end_s=6.0)],
    DURATION_S,
)


@pytest.fixture(autouse=True)
def _as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes every tagger at its word."""
    monkeypatch.setattr(calibration, "_curves", dict)


def test_one_tag_a_label_and_kind_with_all_evidence_strongest_first() -> None:
    first, second, third = (evidence(start_s=float(n), confidence=c) for n, c in ((0, 0.7), (1, 0.9), (1, 0.8)))
    merged, dropped = merge(
        [
            tag("XPath", confidence=0.8, evidence=(first, third), producer="keywords"),
            tag("  xpath ", confidence=0.5, evidence=(second, first), producer="model"),
            tag("xpath", kind="text", confidence=0.3),
        ],
        WITNESSES,
    )
    assert [(t.label, t.kind) for t in merged] == [("xpath", "topic"), ("xpath", "text")]
    assert merged[0].evidence == (second, third, first)
    assert merged[0].confidence == pytest.approx(1 - 0.2 * 0.5)
    assert merged[0].producer == "keywords"
    assert dropped == 0


def test_a_tagger_can_not_confirm_itself_and_nothing_is_certain() -> None:
    same, _ = merge([tag("a", confidence=0.8), tag("a", confidence=0.6)], WITNESSES)
    assert same[0].confidence == 0.8
    certain, _ = merge([tag("a", confidence=1.0)], WITNESSES)
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
        {"quote": "never read"},
        {"quote": "cats", "modality": "speech"},
        {"modality": "speech", "start_s": 1.0, "end_s": 4.0},
        {"confidence": 1.5},
        {"confidence": float("nan")},
        {"end_s": float("nan")},
    ],
)
def test_a_tag_whose_evidence_shows_nothing_is_dropped_and_counted(nothing: dict[str, Any]) -> None:
    merged, dropped = merge([tag("a", evidence=(evidence(**nothing),)), tag("b")], WITNESSES)
    assert [t.label for t in merged] == ["b"]
    assert dropped == 1


def test_a_frame_is_evidence_without_a_quote() -> None:
    merged, _ = merge([tag("a", evidence=(evidence(quote=None, frame=object_ref()),))], WITNESSES)
    assert len(merged) == 1


@pytest.mark.reliability("A25", "A29")
def test_markup_in_labels_and_quotes_goes() -> None:
    merged, dropped = merge(
        [tag("<b>Cats</b>", evidence=(evidence(quote="<img onerror=x>cats"),)), tag("<i></i>"), tag("x" * 200)],
        WITNESSES,
    )
    assert {t.label for t in merged} == {"cats", "x" * 80}
    assert next(t for t in merged if t.label == "cats").evidence[0].quote == "cats"
    assert dropped == 1


def test_code_that_was_read_is_quoted_as_it_stands() -> None:
    code = "then f(<old>{$x/title}</old>)"
    read = Witnesses([text(code, end_s=10.0)], DURATION_S)
    told = evidence(quote="f(<old>{$x", prompt_version="window.v1")
    merged, _ = merge([tag("xquery", evidence=(evidence(quote=code), told))], read)
    assert [one.quote for one in merged[0].evidence] == [code, "f( {$x"]


@pytest.mark.reliability("A29")
def test_evidence_and_bad_confidences_are_bounded() -> None:
    many = tuple(evidence(start_s=n / 100) for n in range(50))
    merged, dropped = merge(
        [tag("a", evidence=many), tag("b", confidence=0.0), tag("c", confidence=2.0)], WITNESSES
    )
    assert [len(t.evidence) for t in merged] == [10]
    assert dropped == 2


def test_a_quote_counts_where_it_was_read_or_heard() -> None:
    heard = evidence(modality="speech", start_s=5.0, end_s=7.0, quote="A  Quote")
    merged, dropped = merge([tag("a", evidence=(heard,))], WITNESSES)
    assert (len(merged), dropped) == (1, 0)


def test_a_measurement_needs_no_words() -> None:
    measured = evidence(modality="picture", quote="brightness 0.1")
    assert merge([tag("dark", evidence=(measured,))], WITNESSES)[0][0].modality == "picture"


def test_places_are_merged_from_all_evidence() -> None:
    spans = ((4.0, 5.0), (0.0, 1.0), (0.5, 2.0), (2.0, 3.0), *((8 + n / 20, 8 + n / 20 + 0.01) for n in range(20)))
    places = tuple(evidence(start_s=start_s, end_s=end_s) for start_s, end_s in spans)
    (merged,), _ = merge([tag("a", evidence=places)], WITNESSES)
    assert len(merged.evidence) == 10
    assert merged.spans[:2] == (TimeSpan(start_s=0.0, end_s=3.0), TimeSpan(start_s=4.0, end_s=5.0))
    assert len(merged.spans) == 22


@pytest.mark.reliability("A28")
def test_what_only_a_model_says_is_worth_a_half() -> None:
    def seen(**values: object) -> Evidence:
        return evidence(modality="picture", prompt_version="window.v1", quote="cats", **values)

    (alone,), _ = merge([tag("cats", confidence=0.95, evidence=(seen(),))], WITNESSES)
    assert (alone.confidence, alone.verified, alone.prompt_version) == (0.5, False, "window.v1")
    shown = evidence(quote="cats", confidence=0.8)
    (both,), _ = merge([tag("cats", confidence=0.95, evidence=(seen(confidence=1.0), shown))], WITNESSES)
    assert (both.confidence, both.verified, both.evidence[0]) == (0.95, True, shown)


def test_confidence_is_made_what_such_tags_turned_out_to_be_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    curves = {"keywords: text": [(0.6, 0.4), (0.8, 0.5), (0.9, 0.9)]}
    monkeypatch.setattr(calibration, "_curves", lambda: curves)

    def said(confidence: float, **values: object) -> float:
        (one,), _ = merge([tag("a", confidence=confidence, **values)], WITNESSES)
        return one.confidence

    assert [said(0.1), said(0.6), said(0.7), said(0.8), said(1.0)] == pytest.approx([0.4, 0.4, 0.45, 0.5, 0.9])
    assert said(0.7, producer="somebody's own") == 0.7


def test_evidence_of_findings_says_whose_it_is() -> None:
    label = told("label", "cat", prompt_version="window.v1", producer_version="1 model")
    made = evidence_of(label)
    assert (made.producer, made.producer_version, made.prompt_version) == ("gemini", "1 model", "window.v1")
