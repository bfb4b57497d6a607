"""What one transcode makes, and where players find it in the storyboard."""

from __future__ import annotations

import webvtt

from functions.transcode.plan import SEGMENT_S, plan_pictures, plan_storyboard, tile_count
from functions.transcode.storyboard import storyboard_vtt
from shared.domain.encoding import Rung
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


def test_long_videos_keep_a_bounded_storyboard() -> None:
    media = media_info(duration_s=7200.0)
    plan = plan_storyboard(media, _RUNGS)
    assert plan.interval_s == 72.0
    assert plan.grid == (10, 10)
    assert tile_count(media, plan.interval_s) == 100


def test_every_second_has_its_tile() -> None:
    media = media_info(duration_s=12.3)
    plan = plan_storyboard(media, _RUNGS)
    cues = webvtt.from_string(storyboard_vtt(media, plan, "storyboard.jpg")).captions
    assert len(cues) == 13
    assert plan.grid == (10, 2)
    assert (cues[0].start, cues[0].text) == ("00:00:00.000", "storyboard.jpg#xywh=0,0,160,90")
    assert (cues[11].start, cues[11].end) == ("00:00:11.000", "00:00:12.000")
    assert cues[11].text == "storyboard.jpg#xywh=160,90,160,90"
    assert cues[12].end == "00:00:12.300"


def test_hours_are_written_as_hours() -> None:
    media = media_info(duration_s=7322.5)
    text = storyboard_vtt(media, plan_storyboard(media, _RUNGS), "s.jpg")
    assert "--> 02:02:02.500" in text
