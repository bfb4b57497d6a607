"""Judging what was measured: everything that is refused, with its code and a sentence for the user. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from shared.adapters.ffmpeg.allowed import SOUND_CODECS, VIDEO_CODECS
from shared.adapters.ffmpeg.clock import JUMPING
from shared.adapters.ffmpeg.streams import Span, is_picture, rational, seconds
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.media_tool import MediaLimits

__all__ = ["HOW_TO_EXPORT", "check_complete", "check_header", "check_media", "check_pixels", "pictures", "sounds"]

Described = Mapping[str, Any]

HOW_TO_EXPORT = "Export it as H.264 with AAC sound."
"""What a user can do about a codec."""

# What is decoded without Dolby Vision is then like no other colours: shown as such, people are green and purple.
_DOLBY_ALONE = 5
# Their headers say how long they are; a stream or disc format is as long as what has arrived of it.
_DECLARE_DURATION = ("mov", "matroska", "avi", "flv", "asf", "mxf", "mp3", "flac", "aiff")
# Short by less than this is rounding, whatever share of a very short video it is.
_ROUNDING_S = 0.1
_SHORT_SHARE = 0.01


def pictures(header: Described) -> list[Described]:
    """Returns the picture streams that can be decoded, the one to process first.

    The file's own default comes first, then the largest picture, then the first.
    """
    streams = [stream for stream in header["streams"] if is_picture(stream)]
    usable = [stream for stream in streams if stream.get("codec_name") in VIDEO_CODECS]
    return sorted(usable, key=lambda stream: (-_default(stream), -_pixels(stream), stream["index"]))


def sounds(header: Described) -> list[Described]:
    """Returns the sound streams that can be decoded, the one to process first: the default, or the first."""
    streams = [stream for stream in header["streams"] if stream.get("codec_type") == "audio"]
    usable = [stream for stream in streams if stream.get("codec_name") in SOUND_CODECS and stream.get("channels")]
    return sorted(usable, key=lambda stream: (-_default(stream), stream["index"]))


def check_header(header: Described, limits: MediaLimits) -> None:
    """Refuses what the header alone shows to be unfit.

    Raises:
        PermanentError: ``too_many_streams``, ``no_video_stream``, ``unsupported_codec``, ``unsupported_colors``,
            ``too_many_pixels``, ``too_long`` or ``corrupt``.
    """
    streams = header["streams"]
    if len(streams) > limits.max_streams:
        raise PermanentError(
            "too_many_streams",
            f"The file has {len(streams)} streams; at most {limits.max_streams} are accepted. "
            "Export it with fewer.",
        )
    _check_codecs(header)
    for stream in pictures(header):
        _check_colors(stream)
        if not _pixels(stream):
            raise PermanentError("corrupt", "The size of the picture can't be read. Export the video again.")
        check_pixels(_pixels(stream), limits)
    # From the last time less the first: where clocks jump, that is not how long it lasts.
    if header["format"]["format_name"] not in JUMPING:
        _check_duration(seconds(header["format"].get("duration")) or 0.0, limits)


def check_media(media: MediaInfo, limits: MediaLimits) -> None:
    """Refuses what the packets show to be unfit.

    Raises:
        PermanentError: ``no_video_stream``, ``too_many_frames``, ``too_many_pixels`` or ``too_long``.
    """
    # Sound beside a picture stream without a frame is processed as sound alone.
    if not media.video and not media.audio:
        raise PermanentError(
            "no_video_stream", "The file has no frame of video and no sound in it. Upload it again."
        )
    _check_duration(media.duration_s, limits)
    for stream in media.video:
        width, height = stream.display_size
        check_pixels(width * height, limits)
        _check_rate(stream, limits)


def check_complete(
    header: Described, demuxer: str, spans: Mapping[int, Span], media: MediaInfo, *, cut_short: bool = False
) -> None:
    """Refuses a file that ends before its header says so.

    Args:
        header: What the file says.
        demuxer: Its kind.
        spans: What its packets say.
        media: What was made of both.
        cut_short: Whether its size is known to be less than it declares.

    Raises:
        PermanentError: ``truncated``.
    """
    if demuxer not in _DECLARE_DURATION and not cut_short:
        return
    declared_s = seconds(header["format"].get("duration"))
    # FFmpeg drops the declared duration of an ASF file whose size is not the declared one.
    short = cut_short or (demuxer == "asf" and declared_s is None)
    # Matroska declares when it ends, not how long it is; and subtitles may outlast everything else.
    start_s = seconds(header["format"].get("start_time")) or 0.0 if demuxer == "matroska" else 0.0
    end_s = max((span.end_s for span in spans.values()), default=media.duration_s)
    short = short or _is_short(end_s + start_s, declared_s or 0.0)
    # An AVI header is often wrong about its sound.
    for stream in (*pictures(header)[:1], *(sounds(header)[:1] if demuxer != "avi" else ())):
        span = spans.get(stream["index"])
        if span is None and media.kind == "audio" and not stream.get("nb_frames"):
            continue  # never had a frame: FFmpeg gives such a stream the length of the sound beside it
        short = short or _is_short(span.duration_s if span else 0.0, _declared_s(stream, demuxer))
    if short:
        raise PermanentError(
            "truncated",
            f"The file is incomplete: it ends after {media.duration_s:.1f} s, before the end its header declares. "
            "Upload it again.",
        )


def _check_codecs(header: Described) -> None:
    streams: Sequence[Described] = header["streams"]
    moving = [stream for stream in streams if is_picture(stream)]
    heard = [stream for stream in streams if stream.get("codec_type") == "audio"]
    if not moving and not heard:
        raise PermanentError(
            "no_video_stream", "The file has no moving picture and no sound in it. Upload a video or a recording."
        )
    for kind, there, usable in (("video", moving, pictures(header)), ("audio", heard, sounds(header))):
        codecs = [str(stream.get("codec_name", "unknown")) for stream in there]
        if codecs and not usable:
            raise PermanentError(
                "unsupported_codec",
                f"The {kind} is encoded as {codecs[0]}, which is not accepted. {HOW_TO_EXPORT}",
            )


def _check_colors(stream: Described) -> None:
    if any(side.get("dv_profile") == _DOLBY_ALONE for side in stream.get("side_data_list", ())):
        raise PermanentError(
            "unsupported_colors",
            "The video has colours that only Dolby Vision shows (profile 5). Export it as HDR10, HLG or SDR.",
        )


def check_pixels(pixels: int, limits: MediaLimits) -> None:
    """Refuses frames that are too large.

    Raises:
        PermanentError: ``too_many_pixels``.
    """
    if pixels > limits.max_pixels:
        raise PermanentError(
            "too_many_pixels",
            f"A frame has {pixels / 1e6:.0f} megapixels; at most {limits.max_pixels / 1e6:.0f} are accepted. "
            "Export the video smaller.",
        )


def _check_duration(duration_s: float, limits: MediaLimits) -> None:
    if duration_s > limits.max_duration_s:
        raise PermanentError(
            "too_long",
            f"The video lasts {_clock(duration_s)}; at most {_clock(limits.max_duration_s)} are accepted. "
            "Cut it into parts.",
        )


def _clock(seconds: float) -> str:
    """Returns hours, minutes and seconds, such as ``6:00:00``."""
    return str(timedelta(seconds=round(seconds)))


def _check_rate(stream: VideoStream, limits: MediaLimits) -> None:
    if stream.fps > limits.max_fps:
        raise PermanentError(
            "too_many_frames",
            f"The video has {float(stream.fps):.0f} frames a second; at most {limits.max_fps:.0f} are accepted. "
            "Export it with fewer.",
        )


def _declared_s(stream: Described, demuxer: str) -> float:
    declared_s = seconds(stream.get("duration")) or 0.0
    if demuxer == "avi" and is_picture(stream):
        # FFmpeg corrects the duration to what it finds, but keeps the number of frames that the header names.
        rate = rational(stream.get("avg_frame_rate"))
        frames = int(stream.get("nb_frames", 0))
        return max(declared_s, float(frames / rate)) if rate else declared_s
    return declared_s


def _is_short(measured_s: float, declared_s: float) -> bool:
    return declared_s - measured_s > max(declared_s * _SHORT_SHARE, _ROUNDING_S)


def _default(stream: Described) -> int:
    return int(stream.get("disposition", {}).get("default", 0))


def _pixels(stream: Described) -> int:
    return int(stream.get("width", 0)) * int(stream.get("height", 0))
