"""Taking a stretch of sound out of a file that this product made."""

from __future__ import annotations

from pathlib import Path

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_copying
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.ports.tool_session import ToolSession

__all__ = ["cut_sound"]


def cut_sound(
    programs: Programs, sound: Path, span: tuple[float, float], destination: Path, session: ToolSession
) -> None:
    """Copies a stretch, exact to a frame of sound, which is about 20 ms."""
    start_s, end_s = span
    stretch = ffmpeg.input(literal(sound), ss=f"{start_s:.6f}", t=f"{end_s - start_s:.6f}")
    options = {"c": "copy", "map_metadata": -1, "format": "mp4"}
    graph = stretch.audio.output(literal(destination), **options)
    with programs.encode(graph, destination.parent, session, limits=for_copying(sound)) as tool:
        tool.stdout.read()
    if tool.returncode or not destination.is_file():
        raise tool_failed(tool)
