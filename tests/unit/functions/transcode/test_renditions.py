"""Outputs that are not what was asked for are never stored."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from functions.transcode.renditions import Finished, check_picture, check_sound
from shared.domain.encoding import Rung
from shared.domain.errors import TransientError
from shared.domain.media import MediaInfo
from shared.testing.videos import audio_stream, media_info, object_ref, video_stream

_RUNG = Rung(name="720p", width=1280, height=720, max_bitrate_bps=2_000_000, crf=23)
_SOURCE = video_stream()


def _finished(media: MediaInfo) -> Finished:
    return Finished(name="720p", kind="video", path=Path("720p.mp4"), media=media)


def test_a_good_file_passes() -> None:
    check_picture(_finished(media_info()), _RUNG, _SOURCE, 250)
    check_sound(_finished(media_info()), [audio_stream()], damaged=False)


@pytest.mark.parametrize(
    ("media", "what"),
    [
        (media_info(video=()), "not 1280x720"),
        (media_info(video=(video_stream(width=640),)), "not 1280x720"),
        (media_info(video=(video_stream(sample_aspect=Fraction(641, 640)),)), "not square"),
        (media_info(video=(video_stream(frames=249),)), "249 of 250 frames"),
        (media_info(video=(video_stream(duration_s=9.8),)), "lasts 9.80 s"),
        (media_info(video=(video_stream(duration_s=10.2),)), "lasts 10.20 s"),
    ],
)
def test_a_wrong_picture_is_refused(media: MediaInfo, what: str) -> None:
    with pytest.raises(TransientError, match=what):
        check_picture(_finished(media), _RUNG, _SOURCE, 250)


def test_frames_may_be_dropped_where_that_is_planned() -> None:
    check_picture(_finished(media_info(video=(video_stream(frames=125),))), _RUNG, _SOURCE, None)


def test_a_late_picture_may_be_counted_from_zero_or_from_itself() -> None:
    late = video_stream(start_s=2.0)
    for duration_s in (10.0, 12.0):
        check_picture(_finished(media_info(video=(video_stream(duration_s=duration_s),))), _RUNG, late, 250)


def test_wrong_sound_is_refused() -> None:
    with pytest.raises(TransientError, match="0 of 1 sound tracks"):
        check_sound(_finished(media_info(audio=())), [audio_stream()], damaged=False)
    short = _finished(media_info(audio=(audio_stream(duration_s=9.0),)))
    with pytest.raises(TransientError, match=r"lasts 9\.00 s"):
        check_sound(short, [audio_stream()], damaged=False)
    check_sound(short, [audio_stream()], damaged=True)


def test_the_record_comes_from_the_file() -> None:
    record = _finished(media_info(duration_s=10.0)).rendition(object_ref(size_bytes=1_250_000))
    assert (record.codec, record.width, record.height, record.frames) == ("h264", 1280, 720, 250)
    assert record.bitrate_bps == 1_000_000
