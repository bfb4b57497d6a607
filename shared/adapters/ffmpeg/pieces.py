"""Pieces of a long source: cut out without encoding, encoded apart, and put together again."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_pictures
from shared.adapters.ffmpeg.allowed import reading_arguments, reading_options
from shared.adapters.ffmpeg.encode import run_graph
from shared.adapters.ffmpeg.graph import cascade
from shared.adapters.ffmpeg.indexing import COPIED, copy_packets, indexed
from shared.adapters.ffmpeg.outputs import Part
from shared.adapters.ffmpeg.programs import Programs, literal, microseconds
from shared.adapters.ffmpeg.timeline import Timeline, read_timeline
from shared.domain.chunks import Chunk, Chunking
from shared.domain.encoding import TranscodePlan
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.encoder import EncodedPictures, EncodedRung
from shared.ports.tool_session import ToolSession

__all__ = ["cut_piece", "encode_piece"]

# A piece's clock is ahead of the container's by this, for what is decoded before 0 would move everything else.
_AHEAD_S: Final = 10
# Twice as much each time, until the key frame is there that was meant; then exactly what is needed from there on.
_TRIES: Final = 4
_STREAM: Final = 0


def cut_piece(
    programs: Programs,
    source: Path,
    media: MediaInfo,
    chunking: Chunking,
    chunk: Chunk,
    destination: Path,
    session: ToolSession,
) -> None:
    """Copies the packets that a chunk is decoded from, of some containers by way of a copy beside the destination.

    Raises:
        PermanentError: ``inexact_cut``: the file does not have them where its index says.
    """
    source, media = indexed(programs, source, media, destination.parent, session)
    # By the container's own clock; that of the piece is ahead.
    reading = {"seek_timestamp": 1, "ss": microseconds(chunk.read_from_s)}
    packets = chunk.packets
    for _ in range(_TRIES):
        writing = {"frames:v": packets, "output_ts_offset": _AHEAD_S}
        copy_packets(programs, source, media, destination, session, reading=reading, writing=writing)
        found = read_timeline(programs, destination, session, demuxer=COPIED)
        if _is_right(found, media, chunking, chunk):
            # What holds for one piece of a stream holds for all.
            if (
                chunk.index == 0
                and found.codec == "h264"
                and not _has_key_frames(programs, destination, found, session)
            ):
                raise PermanentError("inexact_cut", "The video's pictures are renewed bit by bit, never at once.")
            return
        # Some indices lead to a key frame before: all that lies between is needed too.
        wanted = found.is_key & (found.pts >= math.ceil((chunk.read_from_s + _AHEAD_S) / found.tick_s))
        packets = chunk.packets + int(wanted.argmax()) if wanted.any() else packets + len(found.pts)
    raise PermanentError(
        "inexact_cut", f"Chunk {chunk.index + 1} can't be cut out of the file where its index says."
    )


def _is_right(found: Timeline, media: MediaInfo, chunking: Chunking, chunk: Chunk) -> bool:
    """Tells whether a piece begins where it can be decoded and has every frame of its chunk."""
    if not len(found.pts) or not found.is_key[0] or found.codec != media.video[0].codec:
        return False
    offset_s = _AHEAD_S + chunking.origin_s
    start, end = ((time_s + offset_s) / found.tick_s for time_s in (chunk.start_s, chunk.end_s))
    frames = int(((found.pts >= math.ceil(start)) & (found.pts < math.ceil(end))).sum())
    return int(found.pts[0]) * found.tick_s <= chunk.read_from_s + _AHEAD_S and frames == chunk.frames


def _has_key_frames(programs: Programs, piece: Path, found: Timeline, session: ToolSession) -> bool:
    """Tells whether all that is called a key frame in a piece needs no other pictures.

    H.264 also calls a picture one from which on others are renewed bit by bit; that alone is none to a decoder.
    """
    arguments = (
        *reading_arguments(COPIED),
        "-skip_frame",
        "nokey",
        "-show_entries",
        "frame=pict_type",
        "-of",
        "csv=print_section=0",
    )
    with programs.ask(arguments, piece, session) as tool:
        return len(tool.stdout.read().split()) == int(found.is_key.sum())


def encode_piece(
    programs: Programs,
    piece: Path,
    media: MediaInfo,
    plan: TranscodePlan,
    chunking: Chunking,
    chunk: Chunk,
    folder: Path,
    session: ToolSession,
) -> EncodedPictures:
    """Makes of a chunk what encode_pictures() makes of a whole source, as files that can be put together.

    Raises:
        PermanentError: ``corrupt``, or ``inexact_cut``: other frames came out than belong to the chunk.
        TransientError: The machine or a limit is at fault.
    """
    video = media.video[0]
    encoded = (EncodedRung(rung=rung, path=folder / f"video-{rung.name}.mp4") for rung in plan.rungs)
    rungs = tuple(one for one in encoded if not one.rung.copy)
    proxy = folder / "proxy.mp4"
    portion = replace(
        media, duration_s=float(chunk.end_s - chunk.start_s), video=(replace(video, frames=chunk.frames),)
    )
    pictures, _ = run_graph(
        programs,
        _graph(piece, video, plan, chunking, chunk, rungs, proxy),
        _STREAM,
        chunk.frames,
        rungs,
        proxy,
        session,
        for_pictures(portion, plan),
        options=("-copyts",),  # setpts knows what the clock is ahead by, whatever is decoded first
        begins_amid=chunk.index > 0,
    )
    if pictures.frames != chunk.frames:
        raise PermanentError(
            "inexact_cut", f"Chunk {chunk.index + 1} came out with {pictures.frames} of {chunk.frames} frames."
        )
    return pictures


def _graph(
    piece: Path,
    video: VideoStream,
    plan: TranscodePlan,
    chunking: Chunking,
    chunk: Chunk,
    rungs: tuple[EncodedRung, ...],
    proxy: Path,
) -> Any:
    read = ffmpeg.input(literal(piece), **reading_options(COPIED), **_turned(video), threads=1)
    offset_s = _AHEAD_S + chunking.origin_s
    picture = read[str(_STREAM)].filter("setpts", f"round(PTS-{offset_s}/TB)")

    def cut(pictures: Any) -> Any:
        # Half a frame from any frame, so that microseconds will do.
        return pictures.filter("trim", start=microseconds(chunk.start_s), end=microseconds(chunk.end_s))

    part = Part(tick_s=chunking.tick_s, chunk=chunk)
    return ffmpeg.merge_outputs(*cascade(picture, video, plan, rungs, proxy, part=part, cut=cut))


def _turned(video: VideoStream) -> dict[str, Any]:
    """How a picture is to be turned, which pieces do not say; FFmpeg counts counter-clockwise."""
    if video.mirrored:
        # What is said of the rotation counts from the other side.
        return {"display_rotation": 180 + video.rotation, "display_hflip": None}
    return {"display_rotation": -video.rotation} if video.rotation else {}
