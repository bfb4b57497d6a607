"""How long a program may take for a video, and how much it may write: by what the video is, not by what is left.

The figures are far above what anything needs, so that no slow machine meets them, and far below what an attempt
may have: a clip of two seconds that keeps an encoder busy for an hour is not waited for.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from shared.adapters.sandbox import ToolLimits
from shared.domain.encoding import SoundPlan, TranscodePlan
from shared.domain.media import MediaInfo

__all__ = [
    *("for_clip", "for_copying", "for_excerpts", "for_own_pictures", "for_pictures", "for_reading", "for_sound"),
    "for_unpacked_sound",
]

# To start, to be scheduled on a machine that is busy with others, and to read a file from a slow disk.
_LEAST_S = 120.0
# An H.264 ladder takes 0.025 s of one core a million source pixels; HEVC and AV1 rungs beside it five times that.
_S_A_MEGAPIXEL = 1.0
# Sound is decoded, filtered and encoded fifty times faster than it plays.
_S_A_SECOND_OF_SOUND = 1.0
# One core decodes a rung of 2160p about as fast as it plays; most pictures are taken of much smaller ones.
_S_A_SECOND_OF_RUNG = 4.0
# Reading times of packets goes through hundreds of megabytes a second.
_READ_BYTES_A_SECOND = 4 * 2**20
_LEAST_BYTES = 64 * 2**20


def for_pictures(media: MediaInfo, plan: TranscodePlan) -> ToolLimits:
    """Returns what encoding the pictures may take."""
    video = media.video[0]
    frames = video.expected_frames
    width, height = plan.proxy_size
    # The rate control keeps rungs at their cap; the proxy has none, but never more than a byte a pixel.
    rungs_bytes = media.duration_s * max(rung.max_bitrate_bps for rung in plan.rungs) / 8
    return ToolLimits(
        timeout_s=_LEAST_S + _S_A_MEGAPIXEL * frames * video.width * video.height / 1e6,
        file_bytes=_LEAST_BYTES + math.ceil(2 * rungs_bytes) + frames * width * height,
    )


def for_sound(media: MediaInfo, plan: SoundPlan) -> ToolLimits:
    """Returns what encoding the sound may take."""
    # Besides the AAC: mono of 16 bit at 16 kHz.
    bytes_a_second = max(plan.bitrate_bps / 8, 32_000)
    return ToolLimits(
        timeout_s=_reading_s(media.size_bytes) + _S_A_SECOND_OF_SOUND * media.duration_s * len(plan.tracks),
        file_bytes=_LEAST_BYTES + math.ceil(2 * bytes_a_second * media.duration_s),
    )


def for_unpacked_sound(media: MediaInfo, plan: SoundPlan) -> ToolLimits:
    """Returns what writing the sound as PCM of 24 bit at 48 kHz may take."""
    samples = 48_000 * media.duration_s * sum(track.channels for track in plan.tracks)
    return replace(for_sound(media, plan), file_bytes=_LEAST_BYTES + math.ceil(1.1 * 3 * samples))


def for_excerpts(media: MediaInfo, seconds: float) -> ToolLimits:
    """Returns what decoding so many seconds of the source's pictures, from anywhere in it, may take."""
    video = media.video[0]
    megapixels = seconds * float(video.fps) * video.width * video.height / 1e6
    return ToolLimits(
        timeout_s=_reading_s(media.size_bytes) + _S_A_MEGAPIXEL * megapixels, file_bytes=_LEAST_BYTES
    )


def for_clip(media: MediaInfo, seconds: float) -> ToolLimits:
    """Returns what decoding and encoding so many seconds of a file that this product made may take."""
    # Its first pictures come after up to a key frame interval that is only decoded; there are no others.
    pixels = sum(one.width * one.height * float(one.fps) for one in media.video[:1])
    return ToolLimits(
        timeout_s=_reading_s(media.size_bytes) + (_S_A_MEGAPIXEL * pixels / 1e6 + _S_A_SECOND_OF_SOUND) * seconds,
        file_bytes=_LEAST_BYTES + math.ceil(pixels * seconds),  # a byte a pixel is more than they ever take
    )


def for_own_pictures(seconds: float) -> ToolLimits:
    """Returns what decoding so many seconds of a rung, and writing small pictures of them, may take."""
    return ToolLimits(timeout_s=_LEAST_S + _S_A_SECOND_OF_RUNG * seconds, file_bytes=_LEAST_BYTES)


def for_copying(*paths: Path) -> ToolLimits:
    """Returns what copying streams of files may take, into files that are not larger than all of them."""
    # One that is missing is for the program to complain of.
    size_bytes = sum(path.stat().st_size for path in paths if path.exists())
    return ToolLimits(timeout_s=_reading_s(size_bytes), file_bytes=_LEAST_BYTES + 2 * size_bytes)


def for_reading(path: Path) -> ToolLimits:
    """Returns what measuring a file may take; nothing is written."""
    return ToolLimits(timeout_s=_reading_s(path.stat().st_size), file_bytes=0)


def _reading_s(size_bytes: int) -> float:
    """Returns how long going through a file once may take."""
    return _LEAST_S + size_bytes / _READ_BYTES_A_SECOND
