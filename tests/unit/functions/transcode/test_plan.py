"""What one transcode makes, and where players find it in the storyboard."""

from __future__ import annotations

import pytest
import webvtt

from functions.transcode.plan import plan_pictures, plan_storyboard
from functions.transcode.storyboard import storyboard_vtt
from shared.domain.encoding import SEGMENT_S, Rung
from shared.testing.videos import media_info

_RUNGS = (
    Rung(name="720p", width=1280, height=720, max_bitrate_bps=2_000_000, crf=23),
    Rung(name="240p", width=426, height=240, max_bitrate_bps=400_000, crf=23),
)


def test_plan_of_an_ordinary_video() -> None:
    media = media_info(duration_s=10.0)
    plan, storyboard = plan_pictures(_RUNGS), plan_storyboard(media, _RUNGS)
    assert plan.rungs == _RUNGS
    assert (SEGMENT_S / plan.gop_s).is_integer()
    assert plan.proxy_size == storyboard.tile_size == (160, 90)
    assert (storyboard.interval_s, storyboard.grid) == (1.0, (10, 1))


def test_small_pictures_are_not_enlarged() -> None:
    tiny = Rung(name="50p", width=100, height=50, max_bitrate_bps=100_000, crf=23)
    assert plan_pictures((tiny,)).proxy_size == (100, 50)
    flat = Rung(name="2p", width=1000, height=2, max_bitrate_bps=100_000, crf=23)
    assert plan_pictures((flat,)).proxy_size == (160, 2)


def test_small_pictures_have_the_shape_of_the_video_and_a_bounded_size() -> None:
    sizes = [(426, 240), (240, 426), (240, 240), (100, 50), (64, 4000)]
    rungs = [Rung(name="r", width=width, height=height, max_bitrate_bps=1, crf=23) for width, height in sizes]
    tiles = [plan_storyboard(media_info(), (rung,)).tile_size for rung in rungs]
    assert tiles == [(160, 90), (90, 160), (160, 160), (100, 50), (2, 160)]
    assert [plan_pictures((rung,)).proxy_size for rung in rungs] == tiles


@pytest.mark.parametrize(
    ("duration_s", "interval_s", "tiles", "grid", "sheets"),
    [
        (0.04, 1.0, 1, (1, 1), 1),
        (1.0, 1.0, 1, (1, 1), 1),
        (1.01, 1.0, 2, (2, 1), 1),
        (100.0, 1.0, 100, (10, 10), 1),
        (300.3, 3.003, 100, (10, 10), 1),
        (400.0, 4.0, 100, (10, 10), 1),
        (1000.0, 10.0, 100, (10, 10), 1),
        (1000.1, 10.0, 101, (10, 10), 2),
        (6 * 3600.0, 10.0, 2160, (10, 10), 22),
    ],
)
def test_storyboards_of_all_lengths(
    duration_s: float, interval_s: float, tiles: int, grid: tuple[int, int], sheets: int
) -> None:
    media = media_info(duration_s=duration_s)
    plan = plan_storyboard(media, _RUNGS)
    assert plan.interval_s == pytest.approx(interval_s)
    assert (plan.tiles, plan.grid, plan.sheets) == (tiles, grid, sheets)
    names = [f"{number}.jpg" for number in range(sheets)]
    cues = webvtt.from_string(storyboard_vtt(media, plan, names)).captions
    assert len(cues) == tiles
    assert {cue.text.partition("#")[0] for cue in cues} == set(names)
    assert len({cue.text for cue in cues}) == tiles


def test_every_second_has_its_tile() -> None:
    media = media_info(duration_s=12.3)
    plan = plan_storyboard(media, _RUNGS)
    cues = webvtt.from_string(storyboard_vtt(media, plan, ["storyboard.jpg"])).captions
    assert len(cues) == 13
    assert plan.grid == (10, 2)
    assert (cues[0].start, cues[0].text) == ("00:00:00.000", "storyboard.jpg#xywh=0,0,160,90")
    assert (cues[11].start, cues[11].end) == ("00:00:11.000", "00:00:12.000")
    assert cues[11].text == "storyboard.jpg#xywh=160,90,160,90"
    assert cues[12].end == "00:00:12.300"


def test_the_cue_names_the_sheet_and_the_place_in_it() -> None:
    media = media_info(duration_s=7322.5)
    cues = webvtt.from_string(storyboard_vtt(media, plan_storyboard(media, _RUNGS), [*"abcdefgh"])).captions
    assert [cues[tile].text for tile in (99, 100, 212)] == [
        "a#xywh=1440,810,160,90",
        "b#xywh=0,0,160,90",
        "c#xywh=320,90,160,90",
    ]
    assert (cues[-1].start, cues[-1].end) == ("02:02:00.000", "02:02:02.500")
