from __future__ import annotations

import re
from typing import Any

import pytest

from functions.analyze.strategies import ANALYZERS
from functions.analyze.strategies import __doc__ as names_of_findings
from functions.tag.evidence import Witnesses
from functions.tag.strategies.stretches import StretchesTagger
from shared.domain.records import Finding, Tag
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import DURATION_S, measured, video


def tags(*findings: Finding) -> dict[str, Tag]:
    return {tag.label: tag for tag in StretchesTagger(ports()).tag(video(*findings))}


@pytest.mark.parametrize(
    ("name", "value", "label", "kind", "quote"),
    [
        ("letterbox", 0.24, "letterbox", "style", "bars above and below take 24% of the height"),
        ("pillarbox", 0.1, "pillarbox", "style", "bars on both sides take 10% of the width"),
        ("frozen", 2.04, "frozen picture", "quality", "the picture hangs for 2.0 s"),
        ("overexposed", 0.4, "overexposed", "quality", "40% of the picture is white without detail"),
        ("underexposed", 0.15, "underexposed", "quality", "99 of 100 pixels stay below 15% of white"),
        ("blurred", 0.2, "blurred", "quality", "sharpness 0.20"),
        ("noisy", 0.041, "noisy picture", "quality", "noise of 4.1% of white"),
    ],
)
def test_what_is_found_in_pictures_is_named_and_measured(
    name: str, value: float, label: str, kind: str, quote: str
) -> None:
    found = tags(measured(name, value, start_s=2.0, end_s=5.0, confidence=0.7))
    assert set(found) == {label}
    assert (found[label].kind, found[label].confidence) == (kind, 0.7)
    (evidence,) = found[label].evidence
    assert (evidence.start_s, evidence.end_s, evidence.quote) == (2.0, 5.0, quote)


@pytest.mark.parametrize(
    ("name", "value", "label", "kind"),
    [
        ("sound_silent", -90.0, "silent", "sound"),
        ("sound_too_quiet", -40.0, "too quiet", "quality"),
        ("sound_clipping", 0.01, "clipped sound", "quality"),
        ("sound_dc_offset", 0.05, "dc offset", "quality"),
        ("sound_channel_silent", "left", "one channel silent", "quality"),
        ("sound_out_of_phase", -0.9, "out of phase", "quality"),
        ("sound_noise", -40.0, "background noise", "quality"),
        ("sound_hum", 50.0, "mains hum", "quality"),
    ],
)
def test_a_problem_of_the_sound_is_quoted_with_its_reason(name: str, value: Any, label: str, kind: str) -> None:
    found = tags(measured(name, value, modality="sound", reason="This is wrong."))
    assert set(found) == {label}
    assert found[label].kind == kind
    assert (found[label].evidence[0].modality, found[label].evidence[0].quote) == ("sound", "This is wrong.")


def test_every_stretch_and_problem_that_analyzers_name_has_a_tag() -> None:
    assert ANALYZERS.names()
    named = set(re.findall(r"^\| ``(\w+)``", names_of_findings or "", re.MULTILINE))
    problems = {name for name in named if name.startswith("sound_")}
    looks = {"frozen", "letterbox", "pillarbox", "overexposed", "underexposed", "blurred", "noisy"}
    assert problems
    assert looks < named
    for name in problems | looks:
        assert tags(measured(name, 0.5)), name


def test_a_moment_is_no_word_for_the_video() -> None:
    assert not tags(measured("blurred", 0.2, end_s=0.04 * DURATION_S))
    assert tags(measured("blurred", 0.2, end_s=0.03 * DURATION_S), measured("blurred", 0.2, start_s=9.7))


def test_all_places_are_evidence_and_the_surest_counts() -> None:
    twice = tags(
        measured("frozen", 1.0, end_s=1.0, confidence=0.6), measured("frozen", 2.0, start_s=5.0, end_s=7.0)
    )["frozen picture"]
    assert [(one.start_s, one.end_s) for one in twice.evidence] == [(0.0, 1.0), (5.0, 7.0)]
    assert twice.confidence == 1.0


def test_a_qr_code_is_quoted_and_no_label_is_made_of_it() -> None:
    code = measured("qr_code", "https://example.com/sale", modality="text", confidence=0.99)
    (tag,) = tags(code).values()
    assert (tag.label, tag.kind, tag.evidence[0].quote) == ("qr code", "style", "https://example.com/sale")
    assert Witnesses([code], DURATION_S).confirm(tag.evidence[0])
