"""Picture and sound into one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_copying
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.ports.encoder import EncodedTrack
from shared.ports.tool_session import ToolSession

__all__ = ["mux"]


def mux(
    programs: Programs, video: Path | None, sounds: Sequence[EncodedTrack], destination: Path, session: ToolSession
) -> None:
    """Copies the streams into an MP4 that can be played while it is still being downloaded."""
    paths = [path for path in (video, *(encoded.path for encoded in sounds)) if path]
    streams = [ffmpeg.input(literal(path)) for path in paths]
    options = {
        "c": "copy",
        "map_metadata": -1,
        "movflags": "+faststart",  # the index first
        "format": "mp4",
    }
    for number, encoded in enumerate(sounds):
        options[f"metadata:s:a:{number}"] = f"language={encoded.track.language}"
        options[f"disposition:a:{number}"] = "0" if number else "default"
    outputs = ffmpeg.output(*streams, literal(destination), **options)
    # copyts: without it each file's first moment would become 0, and a late picture would come early.
    limits = for_copying(*paths)
    with programs.encode(outputs, destination.parent, session, limits=limits, options=("-copyts",)) as tool:
        tool.stdout.read()
    if tool.returncode:
        raise tool_failed(tool)
