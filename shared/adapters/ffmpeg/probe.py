"""Measuring files: a stranger's, guarded and in full; this product's own, quickly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.allowed import reading_arguments
from shared.adapters.ffmpeg.clock import JUMPING, SteadyClock
from shared.adapters.ffmpeg.guard import (
    HOW_TO_EXPORT,
    check_complete,
    check_header,
    check_media,
    check_pixels,
    pictures,
    sounds,
)
from shared.adapters.ffmpeg.packets import PACKET_FIELDS, PacketScan
from shared.adapters.ffmpeg.programs import Programs, tool_failed
from shared.adapters.ffmpeg.quicktime import refers_to_other_files
from shared.adapters.ffmpeg.riff import is_cut_short
from shared.adapters.ffmpeg.sniff import sniff
from shared.adapters.ffmpeg.streams import (
    Span,
    audio_stream,
    rational,
    seconds,
    subtitle_stream,
    video_stream,
)
from shared.adapters.sandbox import RunningTool, ToolLimits
from shared.domain.encoding import MAX_SOUND_TRACKS
from shared.domain.errors import PermanentError, TransientError
from shared.domain.media import MediaInfo
from shared.ports.media_tool import MediaLimits
from shared.ports.tool_session import ToolSession

__all__ = ["inspect", "probe"]

# A header that takes more than this is a bomb. Nothing is written.
_HEADER_LIMITS = ToolLimits(memory_bytes=2**30, timeout_s=60, file_bytes=0)
_DESCRIPTION = (
    "format=format_name,start_time,duration:format_tags=title:"
    "stream=index,codec_type,codec_name,profile,level,width,height,sample_aspect_ratio,pix_fmt,field_order,time_base,"
    "r_frame_rate,avg_frame_rate,nb_frames,nb_read_packets,start_time,duration,bit_rate,channels,sample_rate,"
    "color_range,color_space,color_transfer,color_primaries:"
    "stream_tags=language,alpha_mode:stream_disposition=default,attached_pic,timed_thumbnails:"
    "stream_side_data=rotation,displaymatrix,dv_profile"
)
_MAX_TITLE = 300
_IMPOSSIBLE_SIZE = re.compile(r"Picture size (\d+)x(\d+) (?:is invalid|exceeds specified max pixel count)")
# From the first frames' bit rate and the size, as if there were nothing else in the file: no file declares that.
_GUESSED_DURATION = "Estimating duration from bitrate"
_NOT_ALLOWED = re.compile(r"Codec \((\w+)\) not on whitelist")


def probe(programs: Programs, path: Path, limits: MediaLimits, session: ToolSession) -> MediaInfo:
    """Measures a stranger's file: its first bytes, its references, its header, then the time of every packet."""
    size_bytes = path.stat().st_size
    if size_bytes > limits.max_size_bytes:
        raise PermanentError(
            "too_large", f"The file is larger than {limits.max_size_bytes / 2**30:.1f} GiB. Export it smaller."
        )
    demuxer = sniff(path)
    if demuxer == "mov" and refers_to_other_files(path):
        raise PermanentError(
            "external_reference",
            "The file only refers to media in other files. Export it as a self-contained movie.",
        )
    # One stream more is enough to refuse the file.
    reading = (*reading_arguments(demuxer), "-max_streams", str(limits.max_streams + 1))
    header, tool = _header(programs, path, reading, limits, session)
    with _with_evidence(tool):
        check_header(header, limits)
    spans, tool = _spans(programs, path, reading, header, limits, session)
    media = _media_info(header, spans, size_bytes)
    with _with_evidence(tool):
        check_media(media, limits)
        check_complete(header, demuxer, spans, media, cut_short=demuxer == "wav" and is_cut_short(path))
    return media


@contextmanager
def _with_evidence(tool: RunningTool) -> Iterator[None]:
    """Adds to a refusal which program found the reason, and what else it said."""
    try:
        yield
    except PermanentError as error:
        raise PermanentError(error.code, error.detail, log_tail=tool.log_tail, command=tool.command) from error


def inspect(programs: Programs, path: Path, session: ToolSession) -> MediaInfo:
    """Measures a file this product made, in one call: its header is true, and its packets are counted."""
    arguments = ("-count_packets", "-show_entries", _DESCRIPTION, "-of", "json")
    with programs.ask(arguments, path, session) as tool:
        answer = tool.stdout.read()
    if tool.returncode:
        raise tool_failed(tool)
    header = json.loads(answer)
    spans = {stream["index"]: _declared_span(stream) for stream in header["streams"]}
    media = _media_info(header, spans, path.stat().st_size)
    return replace(media, duration_s=float(header["format"]["duration"]))


def _declared_span(stream: Mapping[str, Any]) -> Span:
    first_s = seconds(stream.get("start_time")) or 0.0
    return Span(
        first_s=first_s,
        end_s=first_s + (seconds(stream.get("duration")) or 0.0),
        packets=int(stream["nb_read_packets"]),
        fps=rational(stream.get("avg_frame_rate")),
    )


def _header(
    programs: Programs, path: Path, reading: tuple[str, ...], limits: MediaLimits, session: ToolSession
) -> tuple[dict[str, Any], RunningTool]:
    arguments = (*reading, "-show_entries", _DESCRIPTION, "-of", "json")
    try:
        with programs.ask(arguments, path, session, _HEADER_LIMITS) as tool:
            answer = tool.stdout.read()
    except TransientError as error:
        # More than any header needs: that is the file's doing, not the machine's.
        if error.code == "tool_memory_limit" or (error.code == "tool_timeout" and session.remaining_s() > 0):
            raise _unreadable(error.log_tail, error.command) from error
        raise
    if tool.returncode:
        raise _unreadable(tool.log_tail, tool.command)
    with _with_evidence(tool):
        for width, height in _IMPOSSIBLE_SIZE.findall(tool.log_tail):
            check_pixels(int(width) * int(height), limits)  # ffprobe reports such a size as none at all
    header: dict[str, Any] = json.loads(answer)
    if _GUESSED_DURATION in tool.log_tail:
        for described in (header["format"], *header["streams"]):
            described.pop("duration", None)
    return header, tool


def _unreadable(log_tail: str, command: tuple[str, ...]) -> PermanentError:
    if "moov atom not found" in log_tail:
        code, detail = "truncated", "The file is incomplete: its index is missing. Record or upload it again."
    elif "max_streams" in log_tail:
        code, detail = "too_many_streams", "The file has far too many streams. Export it with fewer."
    elif refused := _NOT_ALLOWED.search(log_tail):
        code = "unsupported_codec"
        detail = f"The file has a stream encoded as {refused[1]}, which is not accepted. {HOW_TO_EXPORT}"
    else:
        code, detail = "corrupt", "The file's structure can't be read. Export the video again and upload that."
    return PermanentError(code, detail, log_tail=log_tail, command=command)


def _spans(
    programs: Programs,
    path: Path,
    reading: tuple[str, ...],
    header: Mapping[str, Any],
    limits: MediaLimits,
    session: ToolSession,
) -> tuple[dict[int, Span], RunningTool]:
    scan = PacketScan(
        header["streams"],
        origin_s=seconds(header["format"].get("start_time")) or 0.0,
        max_packets=int(limits.max_fps * limits.max_duration_s),
        clock=_clock(header),
    )
    arguments = (*reading, "-show_entries", f"packet=stream_index,{PACKET_FIELDS}", "-of", "csv=print_section=0")
    with programs.ask(arguments, path, session) as tool:
        for line in tool.stdout:
            scan.add(line.decode())
    indices = (stream["index"] for stream in header["streams"])
    return {index: span for index in indices if (span := scan.span(index))}, tool


def _clock(header: Mapping[str, Any]) -> SteadyClock | None:
    """Returns what FFmpeg does where a file's clock jumps; None where none may."""
    if header["format"]["format_name"] not in JUMPING:
        return None
    read = {stream["index"] for stream in (*pictures(header)[:1], *sounds(header)[:MAX_SOUND_TRACKS])}
    ticks_s = {stream["index"]: rational(stream["time_base"], Fraction(1)) for stream in header["streams"]}
    return SteadyClock(ticks_s, read)


def _media_info(header: Mapping[str, Any], spans: Mapping[int, Span], size_bytes: int) -> MediaInfo:
    video = [video_stream(raw, span) for raw in pictures(header) if (span := spans.get(raw["index"]))]
    # Beside moving pictures, a single one is a cover, also where its file does not say so.
    video.sort(key=lambda stream: stream.frames == 1)
    audio = [audio_stream(raw, span) for raw in sounds(header) if (span := spans.get(raw["index"]))]
    subtitles = [subtitle_stream(raw) for raw in header["streams"] if raw.get("codec_type") == "subtitle"]
    ends_s = [spans[stream.index].end_s for stream in video] + [spans[stream.index].end_s for stream in audio]
    return MediaInfo(
        container=header["format"]["format_name"],
        duration_s=max(ends_s, default=0.0),
        size_bytes=size_bytes,
        video=tuple(video),
        audio=tuple(audio),
        subtitles=tuple(subtitles),
        title=_plain(header["format"].get("tags", {}).get("title", "")),
    )


def _plain(text: str) -> str:
    """Returns one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_TITLE]
