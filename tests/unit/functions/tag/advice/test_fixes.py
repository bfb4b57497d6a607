from __future__ import annotations

from typing import Any

import pytest

from functions.tag.advice.fixes import fixes
from functions.tag.advice.known import Known
from shared.domain.encoding import MOST_GAIN_DB
from shared.domain.records import Finding, Recommendation, Segment
from shared.testing.videos import media_info
from tests.unit.functions.tag.found import measured, span, text


def found(*findings: Finding, segments: tuple[Segment, ...] = (), **known: Any) -> list[Recommendation]:
    return list(fixes(Known(media=media_info(duration_s=10.0), segments=segments, findings=findings, **known)))


def test_loudness_is_told_with_the_figures_and_what_to_do() -> None:
    quiet = measured("loudness_lufs", -27.1, modality="sound")
    (only,) = found(quiet, measured("true_peak_dbtp", -14.0, modality="sound"))
    assert only.value == "Raise the sound by 11.1 dB, from -27.1 to -16 LUFS."
    assert (only.start_s, only.end_s) == (0.0, 10.0)
    (limited,) = found(quiet, measured("true_peak_dbtp", -3.0, modality="sound"))
    assert (
        limited.value
        == "Raise the sound by 11.1 dB, from -27.1 to -16 LUFS, with a limiter: peaks would reach +8.1 dBTP."
    )
    (loud,) = found(measured("loudness_lufs", -8.0, modality="sound"), loudness_lufs=-14.0)
    assert loud.value == "Lower the sound by 6.0 dB, from -8.0 to -14 LUFS."
    (faint,) = found(measured("loudness_lufs", -49.1, modality="sound"))
    assert faint.value == "Raise the sound by 33.1 dB, from -49.1 to -16 LUFS."
    done = "; what is streamed was brought to -16 LUFS, as far as its peaks allow."
    assert faint.reason == f"The source is quieter than it should be{done}"
    assert loud.reason == "The source is louder than it should be; what is streamed was brought to -14 LUFS."
    (left,) = found(quiet, leveled=False)
    assert left.reason == "The source is quieter than it should be."
    silence = measured("loudness_lufs", -62.0, modality="sound")
    (nothing,) = found(silence)
    raised = f"what is streamed was raised by {MOST_GAIN_DB:.0f} dB at most, for more brings up noise."
    assert nothing.reason == f"-62.0 LUFS is next to silence: {raised}"
    (untouched,) = found(silence, leveled=False)
    assert untouched.reason == "-62.0 LUFS is next to silence: 46 dB of gain would bring up noise."
    assert not found(measured("loudness_lufs", -17.0, modality="sound"))
    assert not found(measured("loudness_lufs", -70.0, modality="sound")), "silence can't be made louder"
    (peaks,) = found(measured("true_peak_dbtp", 0.8, modality="sound"))
    assert "+0.8 dBTP" in peaks.reason


def test_bars_are_told_with_the_box_that_cuts_them_off() -> None:
    (above,) = found(measured("letterbox", 0.25, start_s=2.0, end_s=8.0))
    assert above.box == pytest.approx((0.0, 0.125, 1.0, 0.75))
    assert (above.start_s, above.end_s) == (2.0, 8.0)
    assert "25%" in above.reason
    (beside,) = found(measured("pillarbox", 0.5))
    assert beside.box == pytest.approx((0.25, 0.0, 0.5, 1.0))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("frozen", "hangs"),
        ("blurred", "Sharpen"),
        ("noisy", "noise"),
        ("overexposed", "highlights"),
        ("underexposed", "shadows"),
        ("sound_clipping", "declipper"),
        ("sound_channel_silent", "mono"),
        ("sound_out_of_phase", "Invert"),
        ("sound_hum", "notch"),
    ],
)
def test_whatever_is_wrong_is_told_where_it_is(name: str, wanted: str) -> None:
    (only,) = found(measured(name, 0.2, start_s=3.0, end_s=6.0, confidence=0.7, reason="Measured so."))
    assert wanted in only.value
    assert (only.start_s, only.end_s, only.score, only.reason) == (3.0, 6.0, 0.7, "Measured so.")
    (bare,) = found(measured(name, 0.2, start_s=3.0, end_s=6.0))
    value = "" if name == "frozen" else " (0.2)"  # which is its length
    assert bare.reason == f"{name.capitalize()}{value} for 3.0 s from 0:03."


def test_black_is_told_when_it_lasts_and_nothing_wrong_is_nothing_to_do() -> None:
    (black,) = found(segments=(span("black", 1.0, 1.5), span("black", 4.0, 6.5)))
    assert (black.start_s, black.end_s, black.reason) == (4.0, 6.5, "The picture is black for 2.5 s.")
    assert not found(measured("still", 5.0), measured("sharpness", 0.6), measured("letterbox", 0.0))


def test_there_is_an_end_to_complaints() -> None:
    assert len(found(*(measured("blurred", 0.2, start_s=n / 10, end_s=n / 10 + 0.1) for n in range(90)))) == 20


def test_what_is_written_on_black_is_never_cut_out() -> None:
    title, longer = text("PRESENTS", start_s=4.0, end_s=6.0), text("A FILM", start_s=3.5, end_s=5.0)
    parts = found(title, longer, segments=(span("black", 1.0, 9.0),))
    assert [(part.start_s, part.end_s, part.reason) for part in parts] == [
        (1.0, 3.5, "The picture is black for 2.5 s."),
        (6.0, 9.0, "The picture is black for 3.0 s."),
    ]
    assert not found(text("PRESENTS", start_s=0.5, end_s=8.5), segments=(span("black", 1.0, 9.0),))
    elsewhere = text("PRESENTS", start_s=6.5, end_s=9.0)
    assert len(found(elsewhere, segments=(span("black", 4.0, 6.5),))) == 1
