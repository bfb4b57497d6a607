"""Measuring loudness."""

from __future__ import annotations

import math
from pathlib import Path

import ffmpeg

from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.ports.media_tool import Loudness
from shared.ports.tool_session import ToolSession

__all__ = ["measure_loudness"]

_GATE_LUFS = -70.0  # what the filter gives for anything below its absolute gate


def measure_loudness(programs: Programs, sound: Path, session: ToolSession) -> Loudness:
    """Runs FFmpeg's EBU R 128 meter over a file this product made.

    The meter writes its running values beside the sound ten times a second; the last ones are those of the whole.
    """
    heard = ffmpeg.input(literal(sound)).audio.filter(
        "ebur128",
        peak="true",  # between samples too, by oversampling
        metadata=1,  # the summary in the log is for people; this is for programs
        framelog="quiet",
    )
    printed = heard.filter("ametadata", mode="print", file="-")
    values: dict[str, float] = {}
    with programs.encode(printed.output("-", format="null"), sound.parent, session) as tool:
        for line in tool.stdout:
            key, found, value = line.decode().strip().partition("=")
            if found:
                values[key] = float(value)
    if tool.returncode or "lavfi.r128.I" not in values:
        raise tool_failed(tool)
    integrated, peak = values["lavfi.r128.I"], values["lavfi.r128.true_peak"]
    return Loudness(
        integrated_lufs=integrated if integrated > _GATE_LUFS else None,
        range_lu=values["lavfi.r128.LRA"],
        true_peak_dbtp=20 * math.log10(peak) if peak > 0 else None,  # given as an amplitude, 1 is full scale
    )
