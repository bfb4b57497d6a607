"""Which sizes a source gets."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any
from unittest.mock import create_autospec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.transcode.strategies import LADDERS
from functions.transcode.strategies.standard import StandardLadder
from shared.domain.encoding import EncodingSettings, Look, Preset, Rung
from shared.processors.ladder import Ladder
from shared.processors.strategy import StrategyPorts
from shared.testing.videos import media_info, video_stream

_LADDER = StandardLadder(create_autospec(StrategyPorts))


def _plan(width: int, height: int, **values: object) -> tuple[Rung, ...]:
    media = media_info(video=(video_stream(width=width, height=height, **values),))
    return _LADDER.plan(media, None, EncodingSettings()).rungs


@pytest.mark.parametrize(
    ("width", "height", "names"),
    [
        (1920, 1080, ["1080p", "720p", "480p", "360p", "240p"]),
        (3840, 2160, ["1080p", "720p", "480p", "360p", "240p"]),
        (1280, 720, ["720p", "480p", "360p", "240p"]),
        (1202, 676, ["676p", "480p", "360p", "240p"]),
        (1080, 608, ["608p", "480p", "360p", "240p"]),
        (768, 432, ["432p", "360p", "240p"]),
        (910, 512, ["480p", "360p", "240p"]),
        (400, 300, ["300p", "240p"]),
        (256, 144, ["144p"]),
        (101, 51, ["50p"]),
        (1, 1, ["2p"]),
    ],
)
def test_short_sides(width: int, height: int, names: list[str]) -> None:
    assert [rung.name for rung in _plan(width, height)] == names
    assert [rung.name for rung in _plan(height, width)] == names


def test_upright_and_square() -> None:
    assert [(rung.width, rung.height) for rung in _plan(1920, 1080, rotation=90)][:2] == [
        (1080, 1920),
        (720, 1280),
    ]
    stretched = _plan(720, 480, sample_aspect=Fraction(8, 9))
    assert (stretched[0].width, stretched[0].height) == (640, 480)


def test_caps_follow_size_and_rate() -> None:
    caps = [rung.max_bitrate_bps for rung in _plan(1920, 1080)]
    assert caps == sorted(caps, reverse=True)
    assert caps[0] == 5_000_000
    fast = _plan(1920, 1080, fps=Fraction(60))[0].max_bitrate_bps
    assert 5_000_000 < fast < 10_000_000
    assert _plan(1920, 1080, fps=Fraction(240))[0].max_bitrate_bps == fast


@given(width=st.integers(2, 8000), height=st.integers(2, 8000))
def test_never_larger_never_odd_always_something(width: int, height: int) -> None:
    rungs = _plan(width, height)
    assert rungs
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert 2 <= rung.width <= max(width, 2)
        assert 2 <= rung.height <= max(height, 2)
    assert [rung.height for rung in rungs] == sorted((rung.height for rung in rungs), reverse=True)


def _look(bits_per_pixel: float, peak: float | None = None, *, aligned: bool = False) -> Look:
    return Look(
        seconds=6.0,
        size=(640, 360),
        bits_per_pixel=bits_per_pixel,
        peak_bits_per_pixel=bits_per_pixel if peak is None else peak,
        is_aligned=aligned,
    )


def _ladder(look: Look | None, settings: EncodingSettings | None = None, **values: Any) -> Ladder:
    media = media_info(duration_s=60.0, video=(video_stream(**{"width": 1920, "height": 1080, **values}),))
    return _LADDER.plan(media, look, settings or EncodingSettings())


def test_caps_follow_the_content() -> None:
    typical = _ladder(None).rungs[0].max_bitrate_bps
    easy, hard = (_ladder(_look(bits)).rungs[0].max_bitrate_bps for bits in (0.02, 0.3))
    assert easy < typical < hard
    assert hard == 8_000_000
    assert _ladder(_look(0.0001)).rungs[0].max_bitrate_bps == 1_200_000
    assert _ladder(_look(0.02, peak=0.04)).rungs[0].max_bitrate_bps > easy


def test_what_is_too_hard_is_told() -> None:
    choices = {choice.subject: choice for choice in _ladder(_look(0.5)).choices}
    top = choices["rung 1080p"]
    assert top.value == "8.00 Mbit/s at most"
    assert "more than the most there is, 8.00 Mbit/s: the most demanding moments lose quality" in top.reason
    assert "6.0 s that were looked at" in top.reason


def test_nothing_seen_is_typical() -> None:
    nothing = Look(seconds=0.0, size=(640, 360), bits_per_pixel=None, peak_bits_per_pixel=None)
    assert _ladder(nothing).rungs == _ladder(None).rungs
    assert all("taken for granted" in choice.reason for choice in _ladder(None).choices)


def test_rungs_that_spare_nobody_anything_are_left_out() -> None:
    ladder = _ladder(_look(0.002))
    assert [rung.name for rung in ladder.rungs] == ["1080p", "360p", "240p"]
    left_out = [choice.subject for choice in ladder.choices if choice.value == "left out"]
    assert left_out == ["rung 720p", "rung 480p"]
    assert [rung.name for rung in _ladder(_look(0.00001)).rungs] == ["1080p", "240p"]


@given(bits=st.floats(1e-6, 10), width=st.integers(2, 8000), height=st.integers(2, 8000))
def test_caps_stay_within_bounds_and_fall_with_the_size(bits: float, width: int, height: int) -> None:
    typical, planned = _ladder(None, width=width, height=height), _ladder(_look(bits), width=width, height=height)
    assert planned.rungs[0].name == typical.rungs[0].name
    assert planned.rungs[-1].name == typical.rungs[-1].name
    assert len(planned.rungs) >= min(2, len(typical.rungs))
    caps = [rung.max_bitrate_bps for rung in planned.rungs]
    assert caps == sorted(caps, reverse=True)
    limits = {rung.name: rung.max_bitrate_bps * 1.6 + 1000 for rung in typical.rungs}
    assert all(rung.max_bitrate_bps <= limits[rung.name] for rung in planned.rungs)


def test_other_codecs_stand_beside_from_720p_up() -> None:
    settings = EncodingSettings(codecs=("av1", "h264", "hevc"))
    ladder = _ladder(None, settings)
    names = [rung.name for rung in ladder.rungs]
    assert names[:5] == ["1080p", "720p", "480p", "360p", "240p"]
    assert names[5:] == ["1080p-av1", "720p-av1", "1080p-hevc", "720p-hevc"]
    assert {rung.codec for rung in ladder.rungs[5:7]} == {"av1"}
    assert ladder.rungs[5].max_bitrate_bps < ladder.rungs[0].max_bitrate_bps
    small = _ladder(None, settings, width=640, height=360)
    assert {rung.codec for rung in small.rungs} == {"h264"}
    assert [choice.value for choice in small.choices if choice.subject.startswith("codec")] == ["not used"] * 2


def test_presets_have_rate_factors_of_their_own() -> None:
    presets: tuple[Preset, ...] = ("fast", "balanced", "small")
    assert len({_ladder(None, EncodingSettings(preset=preset)).rungs[0].crf for preset in presets}) == 3


_COMPLIANT: dict[str, Any] = {
    "codec": "h264",
    "profile": "High",
    "level": 40,
    "color_space": "bt709",
    "bitrate_bps": 2_000_000,
}


def test_a_compliant_source_is_taken_as_it_is() -> None:
    ladder = _ladder(_look(0.1, aligned=True), **_COMPLIANT)
    assert [rung.copy for rung in ladder.rungs] == [True, False, False, False, False]
    assert ladder.choices[0].value == "the source's own stream"
    assert not any(rung.copy for rung in _ladder(None, **_COMPLIANT).rungs), "nobody has looked yet"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"codec": "vp9"}, "it is vp9"),
        ({"profile": "High 10"}, "High 10"),
        ({"level": None}, "its level is 0"),
        ({"level": 60}, "its level is 6"),
        ({"pixel_format": "yuv444p"}, "yuv444p"),
        ({"rotation": 180}, "180 degrees"),
        ({"sample_aspect": Fraction(4, 3), "width": 1440}, "4/3"),
        ({"hdr": "hlg"}, "HDR"),
        ({"color_range": "pc"}, "full range"),
        ({"color_space": "bt2020nc"}, "bt2020nc"),
        ({"color_space": ""}, "not named"),
        ({"variable_fps": True}, "not evenly spaced"),
        ({"fps": Fraction(120)}, "more than 60 frames"),
        ({"start_s": 0.5}, "0.500 s late"),
        ({"width": 3840, "height": 2160}, "3840x2160, not 1920x1080"),
        ({"bitrate_bps": 20_000_000}, "takes 20.00 Mbit/s"),
    ],
)
def test_what_is_nearly_compliant_is_encoded(other: dict[str, Any], reason: str) -> None:
    ladder = _ladder(_look(0.1, aligned=True), **{**_COMPLIANT, **other})
    assert not any(rung.copy for rung in ladder.rungs)
    assert reason in ladder.choices[0].reason


def test_what_does_not_say_when_frames_are_shown_is_encoded() -> None:
    media = media_info(container="avi", duration_s=60.0, video=(video_stream(**_COMPLIANT),))
    ladder = _LADDER.plan(media, _look(0.1, aligned=True), EncodingSettings())
    assert not any(rung.copy for rung in ladder.rungs)
    assert "when its frames are shown" in ladder.choices[0].reason


def test_what_turned_out_to_be_interlaced_is_encoded() -> None:
    ladder = _ladder(replace(_look(0.1, aligned=True), interlaced=True), **_COMPLIANT)
    assert not any(rung.copy for rung in ladder.rungs)
    assert "it is interlaced" in ladder.choices[0].reason


def test_found_by_name() -> None:
    assert "standard" in LADDERS.names()
    assert isinstance(LADDERS.create("standard", create_autospec(StrategyPorts)), StandardLadder)
