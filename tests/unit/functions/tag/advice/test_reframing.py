from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from functions.tag.advice.known import Known
from functions.tag.advice.reframing import reframing
from shared.domain.records import Finding, Recommendation, Segment
from shared.testing.videos import media_info, shot, video_stream
from tests.unit.functions.tag.found import measured, span, text

WIDTH = (9 / 16) / (16 / 9)


def found(
    segments: Sequence[Segment], findings: Sequence[Finding], size: tuple[int, int] = (1920, 1080), **stream: Any
) -> list[Recommendation]:
    video = (video_stream(width=size[0], height=size[1], **stream),)
    return list(reframing(Known(media=media_info(video=video), segments=segments, findings=findings)))


def focus(shot_index: int, middle: float, share: float = 0.9) -> Finding:
    box = (middle - WIDTH / 2, 0.0, WIDTH, 1.0)
    return measured("focus", share, shot=shot_index, box=box, reason=f"{share:.0%} of what moves lies there")


SHOTS = [shot(0, 0, 5, scene=0), shot(1, 5, 10, scene=0)]


def test_the_window_is_where_it_happens_and_has_the_right_shape() -> None:
    one, other = found(SHOTS, [focus(0, 0.3), focus(1, 0.95)])
    assert (one.kind, one.value, one.start_s, one.end_s) == ("reframe", "crop", 0, 5)
    assert one.box == pytest.approx((0.3 - WIDTH / 2, 0.0, WIDTH, 1.0))
    assert other.box == pytest.approx((1 - WIDTH, 0.0, WIDTH, 1.0)), "it stays inside of the picture"
    assert one.box
    assert one.box[2] * 1920 / (one.box[3] * 1080) == pytest.approx(9 / 16)
    assert one.reason == "90% of what moves lies there"


def test_a_window_that_would_hardly_move_at_a_cut_stands_still() -> None:
    (only,) = found(SHOTS, [focus(0, 0.50), focus(1, 0.53)])
    assert (only.start_s, only.end_s) == (0, 10)
    another = [SHOTS[0], shot(1, 5, 10, scene=1)]
    assert len(found(another, [focus(0, 0.50), focus(1, 0.53)])) == 2


def test_what_happens_everywhere_is_kept_whole() -> None:
    (only,) = found(SHOTS[:1], [focus(0, 0.5, share=0.34)])
    assert (only.value, only.box) == ("pad", (0.0, 0.0, 1.0, 1.0))
    assert only.reason == "only 34% of what moves lies there: keep all of it over a blurred copy, or bars"


def test_text_that_fits_pulls_the_window_and_text_that_does_not_keeps_the_picture_whole() -> None:
    narrow = text("Alps", end_s=5.0, box=(0.55, 0.8, 0.2, 0.06))
    (pulled,) = found(SHOTS[:1], [focus(0, 0.5), narrow])
    assert pulled.value == "crop"
    assert pulled.box
    assert pulled.box[0] <= 0.55
    assert pulled.box[0] + pulled.box[2] >= 0.75
    assert pulled.reason.endswith("moved so that all text is inside")
    wide = text("Over the Alps by train", end_s=5.0, box=(0.2, 0.8, 0.6, 0.06))
    (padded,) = found(SHOTS[:1], [focus(0, 0.5), wide])
    assert (padded.value, padded.box) == ("pad", (0.0, 0.0, 1.0, 1.0))
    assert "“Over the Alps by train”" in padded.reason
    (code,) = found(SHOTS[:1], [focus(0, 0.5), replace(wide, value="then ns:Ws(<old>{$x/title}</old>)")])
    assert code.reason == "text is wider than 9:16 allows: keep all of it over a blurred copy, or bars"
    (misread,) = found(SHOTS[:1], [focus(0, 0.5), replace(wide, value="0ver the A1ps by train", confidence=0.9)])
    assert misread.reason.startswith("text is wider than 9:16 allows: "), "it is there, but no quote"
    (flashed,) = found(SHOTS[:1], [focus(0, 0.5), text("Over the Alps", end_s=0.2, box=(0.2, 0.8, 0.6, 0.06))])
    assert flashed.value == "crop", "nobody can read it"


def test_bars_are_left_out() -> None:
    letterbox = measured("letterbox", 0.25)
    (only,) = found(SHOTS[:1], [focus(0, 0.5), letterbox])
    assert only.box == pytest.approx((0.5 - 0.75 * WIDTH / 2, 0.125, 0.75 * WIDTH, 0.75))
    pillarbox = measured("pillarbox", 0.5)
    (inside,) = found(SHOTS[:1], [focus(0, 0.1), pillarbox])
    assert inside.box
    assert inside.box[0] == pytest.approx(0.25)


def test_what_is_upright_already_stays_whole_and_what_is_narrower_loses_top_and_bottom() -> None:
    (whole,) = found(SHOTS, [], size=(1080, 1920))
    assert (whole.value, whole.box, whole.start_s, whole.end_s) == ("crop", (0.0, 0.0, 1.0, 1.0), 0.0, 10.0)
    (turned,) = found(SHOTS, [], rotation=90)
    assert turned.box == (0.0, 0.0, 1.0, 1.0)
    (narrow,) = found(SHOTS[:1], [], size=(500, 2000))
    assert narrow.box == pytest.approx((0.0, 0.5 - 4 / 9 / 2, 1.0, 4 / 9))
    (wide_pixels,) = found(SHOTS[:1], [], size=(960, 1080), sample_aspect=Fraction(2))
    assert wide_pixels.box
    assert wide_pixels.box[2] == pytest.approx(WIDTH)


def test_black_has_no_window() -> None:
    (lit,) = found([*SHOTS, span("black", 0.0, 5.0)], [focus(0, 0.3), focus(1, 0.3)])
    assert (lit.start_s, lit.end_s) == (5, 10)


def test_sound_alone_has_no_window() -> None:
    assert not list(reframing(Known(media=media_info(video=()), segments=[], findings=[])))
