"""What a video allows a program, by what the video is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from shared.adapters.ffmpeg.allowance import (
    for_copying,
    for_excerpts,
    for_own_pictures,
    for_pictures,
    for_reading,
    for_sound,
)
from shared.adapters.ffmpeg.ending import ends_in_the_middle
from shared.domain.encoding import Rung, SoundPlan, SoundTrack, TranscodePlan
from shared.domain.media import MediaInfo, VideoStream

_PLAN = TranscodePlan(
    rungs=(Rung(name="1080p", width=1920, height=1080, max_bitrate_bps=5_000_000, crf=23),),
    gop_s=2,
    max_output_fps=Fraction(60),
    proxy_size=(160, 90),
)
_SOUND = SoundPlan(
    tracks=(SoundTrack(index=1, name="audio", language="und", channels=2),),
    bitrate_bps=128_000,
    loudness_lufs=-16.0,
    true_peak_dbtp=-1.5,
)


def _media(duration_s: float) -> MediaInfo:
    video = VideoStream(
        index=0,
        codec="h264",
        width=1920,
        height=1080,
        fps=Fraction(30),
        frames=round(duration_s * 30),
        duration_s=duration_s,
    )
    return MediaInfo(container="mov", duration_s=duration_s, size_bytes=1_000_000, video=(video,))


def test_two_seconds_get_minutes_and_an_hour_gets_a_day() -> None:
    assert 120 < for_pictures(_media(2), _PLAN).timeout_s < 300
    assert for_pictures(_media(3600), _PLAN).timeout_s > 24 * 3600


def test_files_may_be_twice_what_the_rate_control_allows() -> None:
    assert for_pictures(_media(2), _PLAN).file_bytes < 80 << 20
    assert 4 << 30 < for_pictures(_media(3600), _PLAN).file_bytes < 8 << 30


def test_sound_gets_at_least_as_long_as_it_lasts() -> None:
    limits = for_sound(_media(3600), _SOUND)
    assert limits.timeout_s > 3600
    assert 230_000_000 < limits.file_bytes < 400_000_000


def test_reading_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1000))
    limits = for_reading(tmp_path / "file")
    assert limits.file_bytes == 0
    assert 60 < limits.timeout_s < 180


def test_a_copy_is_about_as_large_as_what_is_copied(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1_000_000))
    limits = for_copying(tmp_path / "file", tmp_path / "file")
    assert 2_000_000 < limits.file_bytes < 100 << 20
    assert 60 < limits.timeout_s < 180


def test_a_few_excerpts_take_as_long_whatever_the_video_lasts() -> None:
    assert for_excerpts(_media(3600), 40).timeout_s == for_excerpts(_media(60), 40).timeout_s < 3600
    assert for_excerpts(_media(60), 80).timeout_s > 1.5 * for_excerpts(_media(60), 40).timeout_s


def test_pictures_of_what_was_encoded_take_minutes_unless_it_is_long() -> None:
    assert 60 < for_own_pictures(3).timeout_s < 180
    assert 3600 < for_own_pictures(3600).timeout_s < 24 * 3600
    assert for_own_pictures(3600).file_bytes < 100 << 20


_PAGE = b"OggS\0"


@pytest.mark.parametrize(
    ("content", "container", "early"),
    [
        (b"G" + bytes(187), "mpegts", False),
        (b"G" + bytes(187) + b"G", "mpegts", True),
        (bytes(4) + b"G" + bytes(187), "mpegts", False),
        (bytes(4) + b"G" + bytes(90), "mpegts", True),
        (_PAGE + b"\x04" + bytes(21), "ogg", False),
        (_PAGE + b"\x00" + bytes(21), "ogg", True),
        (_PAGE + b"\x04" + bytes(21) + _PAGE, "ogg", True),
        (b"anything", "mov", False),
    ],
)
def test_streams_that_end_in_the_middle(tmp_path: Path, content: bytes, container: str, early: bool) -> None:
    (tmp_path / "file").write_bytes(content)
    assert ends_in_the_middle(tmp_path / "file", container) is early
