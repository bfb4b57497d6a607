"""What every player understands, as far as a stream's own words tell."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from shared.domain.encoding import MAX_OUTPUT_FPS
from shared.domain.media import VideoStream

__all__ = ["unplayable"]

_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_COLORS = frozenset({"bt709", "smpte170m", "bt470bg"})
_MAX_LEVEL = 52
"""5.2, the last that decoders in hardware know: 2160p at 60 frames a second."""


def unplayable(video: VideoStream) -> str | None:
    """Returns why some players could not show pictures as they are; None if nothing said speaks against it."""
    return next((reason for wrong, reason in (*_form(video), *_timing(video)) if wrong), None)


def _form(video: VideoStream) -> Iterator[tuple[bool, str]]:
    yield video.codec != "h264", f"it is {video.codec or 'unknown'}, not H.264"
    yield video.profile not in _PROFILES, f"its profile is {video.profile or 'unknown'}"
    yield not 0 < (video.level or 0) <= _MAX_LEVEL, f"its level is {(video.level or 0) / 10:g}"
    yield video.pixel_format != "yuv420p", f"its pixels are {video.pixel_format}"
    yield video.rotation != 0, f"it has to be turned by {video.rotation} degrees"
    yield video.mirrored, "it has to be mirrored"
    yield video.sample_aspect != 1, f"its pixels are {video.sample_aspect} as wide as high"
    yield video.hdr != "none", "it is HDR"
    yield video.color_range not in {"", "tv"}, "its colours use the full range"
    yield (
        video.color_space not in _COLORS,
        f"its colours are {video.color_space or 'not named, so that players would guess them'}",
    )


def _timing(video: VideoStream) -> Iterator[tuple[bool, str]]:
    # Players go by what is written, whatever the frames show.
    yield video.interlaced, "it is interlaced"
    yield video.variable_fps, "its frames are not evenly spaced"
    yield video.fps > MAX_OUTPUT_FPS, f"it has more than {MAX_OUTPUT_FPS} frames a second"
    yield abs(video.start_s) > Fraction(1, 2) / video.fps, f"it starts {video.start_s:.3f} s late"
