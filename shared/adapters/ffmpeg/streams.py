"""From the streams that ffprobe describes to domain objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shared.domain.media import AudioStream, SubtitleStream, VideoStream

__all__ = ["Span", "audio_stream", "is_picture", "rational", "seconds", "subtitle_stream", "video_stream"]

Described = Mapping[str, Any]

_DEEP_FORMAT = re.compile(r"(?:p|gray|p0|p2|p4)(9|1[0246])(?:le|be)$")
_HDR = {"smpte2084": "hdr10", "arib-std-b67": "hlg"}
_TURN_SLACK = 1
_MOST_ASPECT = 8
_INTERLACED = ("tt", "bb", "tb", "bt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What one stream's packets say.

    Attributes:
        first_s: Earliest presentation time on the source's timeline.
        end_s: End of the last packet shown.
        packets: How many there are to be shown.
        fps: Mean frames per second; 0 for sound.
        variable_fps: True when they are not evenly spaced.
    """

    first_s: float
    end_s: float
    packets: int
    fps: Fraction = Fraction(0)
    variable_fps: bool = False

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the end of the last."""
        return self.end_s - self.first_s


def is_picture(stream: Described) -> bool:
    """Returns whether a stream is moving pictures, not cover art."""
    disposition = stream.get("disposition", {})
    still = disposition.get("attached_pic") or disposition.get("timed_thumbnails")
    return stream.get("codec_type") == "video" and not still


def rational(text: object, default: Fraction = Fraction(0)) -> Fraction:
    """Returns ``30000/1001`` or ``4:3`` as a fraction; the default for anything unknown or not positive."""
    try:
        value = Fraction(str(text).replace(":", "/"))
    except (ValueError, ZeroDivisionError):
        return default
    return value if value > 0 else default


def seconds(text: object) -> float | None:
    """Returns a number of seconds, None for ``N/A`` or nothing."""
    try:
        return float(str(text))
    except ValueError:
        return None


def video_stream(stream: Described, span: Span) -> VideoStream:
    """Describes a picture stream."""
    transfer = _known(stream, "color_transfer")
    return VideoStream(
        index=stream["index"],
        codec=_known(stream, "codec_name"),
        profile=_known(stream, "profile"),
        width=stream["width"],
        height=stream["height"],
        sample_aspect=_sample_aspect(stream),
        rotation=_rotation(stream),
        fps=span.fps,
        variable_fps=span.variable_fps,
        frames=span.packets,
        duration_s=span.duration_s,
        start_s=span.first_s,
        pixel_format=_pixel_format(stream),
        bit_depth=_bit_depth(stream),
        color_primaries=_known(stream, "color_primaries"),
        color_transfer=transfer,
        color_space=_known(stream, "color_space"),
        color_range=_known(stream, "color_range"),
        hdr=_HDR.get(transfer, "none"),
        interlaced=stream.get("field_order") in _INTERLACED,
        bitrate_bps=_bitrate(stream),
        level=stream["level"] if stream.get("level", -1) > 0 else None,
        mirrored=_mirrored(stream),
    )


def audio_stream(stream: Described, span: Span) -> AudioStream:
    """Describes a sound stream."""
    return AudioStream(
        index=stream["index"],
        codec=_known(stream, "codec_name"),
        profile=_known(stream, "profile"),
        channels=stream["channels"],
        sample_rate_hz=int(stream["sample_rate"]),
        language=_language(stream),
        duration_s=span.duration_s,
        start_s=span.first_s,
        bitrate_bps=_bitrate(stream),
    )


def subtitle_stream(stream: Described) -> SubtitleStream:
    """Describes a subtitle stream."""
    return SubtitleStream(index=stream["index"], codec=_known(stream, "codec_name"), language=_language(stream))


def _known(stream: Described, key: str) -> str:
    value = str(stream.get(key, ""))
    return "" if value in {"unknown", "reserved", "N/A"} else value


def _language(stream: Described) -> str:
    language = str(stream.get("tags", {}).get("language", "und")).lower()
    return language if re.fullmatch(r"[a-z]{2,3}", language) else "und"


def _bitrate(stream: Described) -> int | None:
    value = str(stream.get("bit_rate", ""))
    return int(value) if value.isdecimal() else None


def _rotation(stream: Described) -> int:
    """The display matrix turns counter-clockwise; viewers and this product count clockwise."""
    for side_data in stream.get("side_data_list", ()):
        if "rotation" in side_data:
            turn = -float(side_data["rotation"])
            quarters = round(turn / 90) * 90
            # Turned otherwise, as FFmpeg does too, a picture keeps its shape.
            return quarters % 360 if abs(turn - quarters) < _TURN_SLACK else 0
    return 0


def _mirrored(stream: Described) -> bool:
    """Returns whether the display matrix, three lines of three numbers, turns left and right around."""
    for side_data in stream.get("side_data_list", ()):
        rows = [
            line.split(":")[-1].split() for line in side_data.get("displaymatrix", "").split("\n") if line.strip()
        ]
        if len(rows) >= 2:
            (a, b, _), (c, d, _) = (map(int, row) for row in rows[:2])
            return a * d < b * c
    return False


def _sample_aspect(stream: Described) -> Fraction:
    """Lenses and broadcasts come to 3 at most; a picture drawn out to a line is an error in the file."""
    aspect = rational(stream.get("sample_aspect_ratio"), Fraction(1))
    return aspect if 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT else Fraction(1)


def _pixel_format(stream: Described) -> str:
    """WebM has its alpha beside the pictures, so that only a tag tells of it."""
    beside = stream.get("tags", {}).get("alpha_mode") == "1" and stream.get("codec_name") in {"vp8", "vp9"}
    return "yuva420p" if beside else _known(stream, "pix_fmt")


def _bit_depth(stream: Described) -> int:
    deep = _DEEP_FORMAT.search(_known(stream, "pix_fmt"))
    return int(deep.group(1)) if deep else 8
