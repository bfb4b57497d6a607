"""Pictures in a container that leads to a key frame by its time: as they are, or copied into one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_copying
from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.media import MediaInfo
from shared.ports.tool_session import ToolSession

__all__ = ["COPIED", "copy_packets", "indexed"]

COPIED: Final = "nut"
"""What copy_packets() writes: NUT holds every codec, and divides ticks further but never rounds a time."""

# By their index, or by looking for it. Not so FLV, MPEG-PS and Ogg; AVI not by the time at which it is shown.
_INDEXED: Final = ("mov", "matroska", "mpegts", "mxf", "asf", COPIED)


def indexed(
    programs: Programs, source: Path, media: MediaInfo, folder: Path, session: ToolSession
) -> tuple[Path, MediaInfo]:
    """Returns pictures that can be cut, and what they are.

    Args:
        programs: FFmpeg among them.
        source: The file.
        media: What probing it found.
        folder: Where a copy is kept, if there has to be one; it is made once.
        session: The attempt.
    """
    if media.demuxer in _INDEXED:
        return source, media
    copy = folder / f"pictures.{COPIED}"
    if not copy.exists():
        begun = copy.with_suffix(".begun")
        copy_packets(programs, source, media, begun, session)
        begun.rename(copy)
    return copy, replace(media, container=COPIED, video=(replace(media.video[0], index=0),))


def copy_packets(
    programs: Programs,
    source: Path,
    media: MediaInfo,
    destination: Path,
    session: ToolSession,
    *,
    reading: dict[str, Any] | None = None,
    writing: dict[str, Any] | None = None,
) -> None:
    """Copies the pictures, by the container's own clock.

    Args:
        programs: FFmpeg among them.
        source: The file.
        media: What it is.
        destination: What to write.
        session: The attempt.
        reading: More of FFmpeg's options for the source.
        writing: More of them for what is written.
    """
    read = ffmpeg.input(literal(source), **reading_options(media.demuxer), **(reading or {}))
    options = {"c": "copy", "map_metadata": -1, "map_chapters": -1, "format": COPIED, **(writing or {})}
    graph, limits = read[str(media.video[0].index)].output(literal(destination), **options), for_copying(source)
    # copyts: the container's clock, whatever is read first.
    with programs.encode(graph, destination.parent, session, limits=limits, options=("-copyts",)) as tool:
        tool.stdout.read()
    if tool.returncode:
        raise tool_failed(tool)
