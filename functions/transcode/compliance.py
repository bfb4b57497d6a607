"""Whether a source's own pictures can be streamed as they are: encoding again costs time and quality."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from shared.domain.encoding import MAX_OUTPUT_FPS, Look, Rung
from shared.domain.media import MediaInfo, VideoStream

__all__ = ["hindrance"]

_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_COLORS = frozenset({"bt709", "smpte170m", "bt470bg"})
_MAX_LEVEL = 52
"""5.2, the last that decoders in hardware know: 2160p at 60 frames a second."""


def hindrance(media: MediaInfo, look: Look, rung: Rung) -> str | None:
    """Returns why the source can't be the top rung as it is; None when it can.

    Args:
        media: The source.
        look: What its pictures told.
        rung: What the top rung would be.
    """
    video = media.video[0]
    untimed = (media.lacks_presentation_times, "it does not say when its frames are shown")
    tests = (*_form(video), untimed, *_timing(video, look), *_rate(media, rung))
    return next((reason for wrong, reason in tests if wrong), None)


def _form(video: VideoStream) -> Iterator[tuple[bool, str]]:
    yield video.codec != "h264", f"it is {video.codec or 'unknown'}, not H.264"
    yield video.profile not in _PROFILES, f"its profile is {video.profile or 'unknown'}"
    yield not 0 < (video.level or 0) <= _MAX_LEVEL, f"its level is {(video.level or 0) / 10:g}"
    yield video.pixel_format != "yuv420p", f"its pixels are {video.pixel_format}"
    yield video.rotation != 0, f"it has to be turned by {video.rotation} degrees"
    yield video.sample_aspect != 1, f"its pixels are {video.sample_aspect} as wide as high"
    yield video.hdr != "none", "it is HDR"
    yield video.color_range not in {"", "tv"}, "its colours use the full range"
    yield (
        video.color_space not in _COLORS,
        f"its colours are {video.color_space or 'not named, so that players would guess them'}",
    )


def _timing(video: VideoStream, look: Look) -> Iterator[tuple[bool, str]]:
    # Players go by what is written, whatever the frames show.
    yield video.interlaced or look.interlaced, "it is interlaced"
    yield video.variable_fps, "its frames are not evenly spaced"
    yield video.fps > MAX_OUTPUT_FPS, f"it has more than {MAX_OUTPUT_FPS} frames a second"
    yield abs(video.start_s) > Fraction(1, 2) / video.fps, f"it starts {video.start_s:.3f} s late"
    yield not look.is_aligned, "some segments would not start with a key frame (IDR)"


def _rate(media: MediaInfo, rung: Rung) -> Iterator[tuple[bool, str]]:
    video = media.video[0]
    yield (
        (video.width, video.height) != (rung.width, rung.height),
        f"it is {video.width}x{video.height}, not {rung.width}x{rung.height}",
    )
    # Where the stream says nothing of its rate, the file's is the most that it can be.
    rate = video.bitrate_bps or media.size_bytes * 8 / media.duration_s
    yield (
        rate > rung.max_bitrate_bps,
        f"it takes {rate / 1e6:.2f} Mbit/s where {rung.max_bitrate_bps / 1e6:.2f} are enough",
    )
