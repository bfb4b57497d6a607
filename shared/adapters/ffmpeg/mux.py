"""Picture and sound into one file."""

from __future__ import annotations

from pathlib import Path

import ffmpeg

from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.ports.tool_session import ToolSession

__all__ = ["mux"]


def mux(
    programs: Programs, video: Path | None, audio: Path | None, destination: Path, session: ToolSession
) -> None:
    """Copies the streams into an MP4 that can be played while it is still being downloaded."""
    streams = [ffmpeg.input(literal(path)) for path in (video, audio) if path]
    options = {
        "c": "copy",
        "map_metadata": -1,
        "movflags": "+faststart",  # the index first
        "format": "mp4",
    }
    outputs = ffmpeg.output(*streams, literal(destination), **options)
    # copyts: without it each file's first moment would become 0, and a late picture would come early.
    with programs.encode(outputs, destination.parent, session, options=("-copyts",)) as tool:
        tool.stdout.read()
    if tool.returncode:
        raise tool_failed(tool)
