"""Which sizes a source gets."""

from __future__ import annotations

from fractions import Fraction
from unittest.mock import create_autospec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.transcode.strategies import LADDERS
from functions.transcode.strategies.standard import StandardLadder
from shared.domain.encoding import EncodingSettings, Rung
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


def test_found_by_name() -> None:
    assert "standard" in LADDERS.names()
    assert isinstance(LADDERS.create("standard", create_autospec(StrategyPorts)), StandardLadder)
