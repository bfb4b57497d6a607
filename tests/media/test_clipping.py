"""Clips and reels: the right pictures, to the frame, and the right sound, to the sample."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import ClipPlan
from shared.domain.errors import TransientError
from shared.domain.media import MediaInfo
from shared.testing.stage_context import FakeStageContext
from tests.media.numbered import numbered, numbers, plays
from tests.media.shown_times import shown_times
from tests.media.sync import FLASH, beep, beep_s, flash_s, played
from tests.media.transcodes import CORNER, H264, MakeClip, Transcode

Download = Callable[..., Path]
Cut = Callable[..., tuple[Path, MediaInfo]]


@pytest.fixture
def download(transcode: Transcode, tmp_path: Path, session: FakeStageContext) -> Download:
    """Returns a function that makes a source's file for download, which clips are cut out of."""

    def make(source: Path, size: tuple[int, int] = (160, 120)) -> Path:
        encoded = transcode(source, size)
        path = tmp_path / "download.mp4"
        sounds = encoded.sound.tracks if encoded.sound else ()
        FfmpegEncoder().mux(encoded.pictures.rungs[0].path, sounds, path, session)
        return path

    return make


@pytest.fixture
def cut(tmp_path: Path, session: FakeStageContext) -> Cut:
    """Returns a function that cuts spans out of a file, and returns the clip and what measuring it said."""

    def make(source: Path, *spans: tuple[float, float], **plan: object) -> tuple[Path, MediaInfo]:
        path = tmp_path / "clip.mp4"
        return path, FfmpegEncoder().clip(source, ClipPlan(spans=spans, **plan), path, session)  # type: ignore[arg-type]

    return make


def times_of(path: Path) -> list[float]:
    """Returns when the pictures of a file are shown."""
    return [float(time) for time, _ in shown_times(path)]


@pytest.mark.parametrize("rate", ["25", "30000/1001", "60", "24000/1001"])
def test_the_first_and_the_last_frame_are_exact(
    rate: str, make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    source = download(make_clip("numbered.mp4", *numbered(rate, 4), *H264))
    fps = Fraction(rate)
    for first, end in ((0, 3), (37, 61), (50, 51), (53, 90)):
        clip, media = cut(source, (float(first / fps), float(end / fps)))
        assert numbers(clip) == list(range(first, end))
        assert times_of(clip) == pytest.approx([float(n / fps) for n in range(end - first)], abs=2e-5)
        assert media.video[0].duration_s == pytest.approx(float((end - first) / fps), abs=1e-4)
        assert plays(clip)


def test_a_start_amid_a_frame_begins_with_what_is_shown_then(
    make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    source = download(make_clip("numbered.mp4", *numbered("25", 4), *H264))
    clip, media = cut(source, (1.03, 2.01))
    assert numbers(clip) == list(range(25, 51))
    assert times_of(clip)[:3] == pytest.approx([0, 0.01, 0.05], abs=1e-4)
    assert media.video[0].duration_s == pytest.approx(0.98, abs=1e-4)


def test_uneven_frames_keep_their_times(make_clip: MakeClip, download: Download, cut: Cut) -> None:
    chosen = "select='not(mod(n,7))+not(mod(n,11))+lt(n,9)'"
    source = download(
        make_clip("uneven.mkv", *numbered("25", 6), "-vf", chosen, "-fps_mode", "passthrough", *H264)
    )
    shown, named = times_of(source), numbers(source)
    start_s, end_s = 1.5, 4.3
    clip, media = cut(source, (start_s, end_s))
    first, last = bisect_right(shown, start_s) - 1, bisect_right(shown, end_s - 0.001)
    assert numbers(clip) == named[first:last]
    assert times_of(clip) == pytest.approx([0, *(time - start_s for time in shown[first + 1 : last])], abs=1e-4)
    assert media.video[0].duration_s == pytest.approx(end_s - start_s, abs=1e-4)


def test_of_a_slide_that_is_shown_for_long_there_is_the_slide(
    make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    source = download(make_clip("slides.mp4", *numbered("1/2", 8), *H264))
    clip, media = cut(source, (4.5, 5.25))
    assert numbers(clip) == [2]
    assert media.video[0].duration_s == pytest.approx(0.75, abs=1e-4)


def test_a_cut_that_lost_its_frame_to_the_highest_rate_shows_nothing_from_before_it(
    make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    source = download(make_clip("fast.mp4", *numbered("120", 2), *H264))
    kept = numbers(source)
    assert len(kept) == 120
    for first in (60, 61):
        clip, _ = cut(source, (first / 120, (first + 60) / 120))
        assert first <= numbers(clip)[0] <= first + 1
        assert numbers(clip)[-1] < first + 60


@pytest.mark.parametrize("start_s", [0.0, 0.52, 1.37, 1.981])
def test_sound_stays_with_the_picture(start_s: float, make_clip: MakeClip, download: Download, cut: Cut) -> None:
    source = download(make_clip("sync.mp4", *FLASH, *beep(), *H264, "-c:a", "aac"))
    clip, media = cut(source, (start_s, 3.1))
    assert flash_s(clip) == pytest.approx(2 - start_s, abs=0.001)
    assert beep_s(clip) == pytest.approx(flash_s(clip), abs=0.01)
    assert media.audio[0].duration_s == pytest.approx(3.1 - start_s, abs=0.03)


def test_pictures_that_begin_late_stay_with_the_sound(make_clip: MakeClip, download: Download, cut: Cut) -> None:
    late = ("-itsoffset", "0.6", *FLASH, *beep(2.6, 5.0), *H264, "-c:a", "aac")
    clip, _ = cut(download(make_clip("late.mp4", *late)), (0.3, 3.5))
    assert flash_s(clip) == pytest.approx(2.3, abs=0.001)
    assert beep_s(clip) == pytest.approx(2.3, abs=0.01)


def test_of_sound_alone_there_is_sound(make_clip: MakeClip, cut: Cut) -> None:
    source = make_clip("beep.m4a", *beep(), "-c:a", "aac", "-ar", "48000")
    clip, media = cut(source, (1.25, 2.75))
    assert not media.video
    assert media.audio[0].duration_s == pytest.approx(1.5, abs=0.03)
    assert beep_s(clip) == pytest.approx(0.75, abs=0.01)
    assert plays(clip)


def test_without_sound_there_is_none(make_clip: MakeClip, download: Download, cut: Cut) -> None:
    _, media = cut(download(make_clip("numbered.mp4", *numbered("25", 4), *H264)), (1.0, 2.0))
    assert not media.audio


def test_a_turned_video_is_upright(
    make_clip: MakeClip, download: Download, cut: Cut, tool: FfmpegMediaTool, session: FakeStageContext
) -> None:
    upright = make_clip("corner.mp4", *CORNER, *H264)
    turned = make_clip("turned.mp4", "-display_rotation", "90", "-i", str(upright), "-c", "copy")
    clip, media = cut(download(turned, (120, 160)), (0.2, 0.6))
    assert (media.video[0].width, media.video[0].height, media.video[0].rotation) == (120, 160, 0)
    picture = next(tool.frames(clip, (120, 160), session)).rgb
    # What is up left is down left when the picture is turned counterclockwise.
    assert picture[140, 20].argmax() == 0
    assert picture[20, 20].argmax() == 2


def test_a_window_is_what_is_left_of_the_picture(
    make_clip: MakeClip, download: Download, cut: Cut, tool: FfmpegMediaTool, session: FakeStageContext
) -> None:
    source = download(make_clip("corner.mp4", *CORNER, *H264))
    clip, media = cut(source, (0.2, 0.6), box=(0.25, 0.0, 67.5 / 160, 1.0))
    assert (media.video[0].width, media.video[0].height) == (68, 120)
    row = next(tool.frames(clip, (68, 120), session)).rgb[30]
    # Red reaches to the middle of the whole picture.
    assert [int(row[x].argmax()) for x in (2, 36, 44, 66)] == [0, 0, 2, 2]


REEL = ((0.4, 1.2), (1.96, 2.44), (3.0, 3.84))


@pytest.mark.parametrize("sound_s", [4.0, 0.5])
def test_a_reel_has_the_frames_of_all_its_parts_and_plays(
    sound_s: float, make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    sound = ("-f", "lavfi", "-i", f"sine=1000:d={sound_s}")
    source = download(make_clip("numbered.mp4", *numbered("25", 4), *sound, *H264, "-c:a", "aac"))
    clip, media = cut(source, *REEL)
    assert numbers(clip) == [*range(10, 30), *range(49, 61), *range(75, 96)]
    assert times_of(clip) == pytest.approx([n / 25 for n in range(53)], abs=1e-4)
    assert media.video[0].level is not None
    assert media.video[0].level <= 11  # what such small pictures take, at such a rate
    assert media.video[0].duration_s == pytest.approx(2.12, abs=1e-4)
    assert media.audio[0].duration_s == pytest.approx(2.12, abs=0.03)
    assert plays(clip)


def test_joints_do_not_click(make_clip: MakeClip, download: Download, cut: Cut) -> None:
    # Cut where the tone is at its top: 1 kHz, whose quarter is 0.25 ms.
    sound = ("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*1000*t)':d=4:s=48000")
    source = download(make_clip("tone.mp4", *numbered("25", 4), *sound, *H264, "-c:a", "aac"))
    clip, _ = cut(source, (0.50025, 1.50025), (2.00075, 3.00075))
    samples = np.frombuffer(played(clip, "-map", "0:a:0", "-ac", "1", "-f", "f32le", "pipe:1"), np.float32)
    steps = np.abs(np.diff(samples))
    joint = round(1.0 * 48000)
    amid = steps[10000:40000].max()
    assert steps[joint - 2000 : joint + 2000].max() <= amid * 1.1
    assert np.abs(samples[joint - 8 : joint + 8]).max() < 0.1 * np.abs(samples).max()


def test_the_sound_of_each_part_of_a_reel_is_with_its_pictures(
    make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    source = download(make_clip("sync.mp4", *FLASH, *beep(), *H264, "-c:a", "aac"))
    clip, _ = cut(source, (0.3, 0.973), (1.517, 3.0))
    assert flash_s(clip) == pytest.approx(0.673 + 2 - 1.517, abs=0.001)
    assert beep_s(clip) == pytest.approx(flash_s(clip), abs=0.01)


def test_it_plays_while_it_comes_and_says_nothing_of_its_source(
    make_clip: MakeClip, download: Download, cut: Cut
) -> None:
    source = download(make_clip("numbered.mp4", *numbered("25", 4), *H264))
    clip, _ = cut(source, (1.0, 2.0))
    content = clip.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_progress_is_told(make_clip: MakeClip, download: Download, cut: Cut, session: FakeStageContext) -> None:
    source = download(make_clip("numbered.mp4", *numbered("25", 4), *H264))
    session.fractions.clear()
    cut(source, (0.0, 4.0))
    assert session.fractions
    assert max(session.fractions) == pytest.approx(1.0, abs=0.05)


def test_a_file_with_other_frames_than_planned_is_thrown_away(
    make_clip: MakeClip, download: Download, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = download(make_clip("numbered.mp4", *numbered("25", 4), *H264))
    monkeypatch.setattr("shared.adapters.ffmpeg.clipping._SLACK_S", 0.05)  # more than a frame
    with pytest.raises(TransientError, match=r"of \d+ frames") as caught:
        cut(source, (3.5, 4.5))
    assert caught.value.code == "bad_output"
