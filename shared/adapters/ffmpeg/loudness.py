"""Measuring loudness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.pipes import Pipes
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.adapters.sandbox import RunningTool, ToolLimits
from shared.domain.media import Loudness
from shared.ports.tool_session import ToolSession

__all__ = ["Meters", "measure_loudness"]

_GATE_LUFS = -70.0  # what the filter gives for anything below its absolute gate

_FIRST = b"frame:0 "  # said of the first frame that comes to the filter that writes the values


class Meters:
    """FFmpeg's EBU R 128 meters for several sounds at once.

    A meter writes its running values ten times a second; the last ones are those of the whole.

    Args:
        targets: What FFmpeg calls the pipes, one a sound, that the meters write to.
    """

    def __init__(self, targets: Sequence[str]) -> None:
        self._targets = targets
        self._values: list[dict[str, float]] = [{} for _ in targets]
        self._rest = [b""] * len(targets)
        self._begun = [0] * len(targets)
        self.takers = [partial(self._take, number) for number in range(len(targets))]
        """What the bytes of each pipe are for."""

    def output(self, sound: Any, number: int) -> Any:
        """Returns the output that measures a sound, which is number 0, 1 and so on."""
        # The meter shows whole tenths of a second: less than one can be all there is, or have the highest peak.
        padded = sound.filter("apad", pad_dur=0.1)
        # What a live stream says of each song comes with its frames: what is read here has to be the meter's own.
        heard = padded.filter("ametadata", mode="delete").filter(
            "ebur128",
            peak="true",  # between samples too, by oversampling
            metadata=1,  # the summary in the log is for people; this is for programs
            framelog="quiet",
        )
        told = heard.filter("ametadata", mode="print", file=self._targets[number])
        return told.output("-", format="null")

    @property
    def begun_anew(self) -> bool:
        """Whether a meter, and every filter before it, began again: FFmpeg does that where a sound changes."""
        return max(self._begun) > 1

    def loudness(self, number: int, tool: RunningTool) -> Loudness:
        """Returns what a meter showed last.

        Raises:
            TransientError: ``tool_failed``: nothing.
        """
        values = self._values[number]
        if "lavfi.r128.I" not in values:
            raise tool_failed(tool)
        integrated, peak = values["lavfi.r128.I"], values["lavfi.r128.true_peak"]
        return Loudness(
            integrated_lufs=integrated if integrated > _GATE_LUFS else None,
            range_lu=values["lavfi.r128.LRA"],
            true_peak_dbtp=20 * math.log10(peak) if peak > 0 else None,  # given as an amplitude, 1 is full scale
        )

    def _take(self, number: int, chunk: bytes) -> None:
        *lines, self._rest[number] = (self._rest[number] + chunk).split(b"\n")
        for line in lines:
            self._begun[number] += line.startswith(_FIRST)
            key, found, value = line.decode().partition("=")
            if found:
                self._values[number][key] = float(value)


def measure_loudness(
    programs: Programs, sounds: Sequence[Path], session: ToolSession, limits: ToolLimits
) -> list[Loudness]:
    """Measures the sound of files this product made, whole.

    Args:
        programs: FFmpeg among them.
        sounds: The files, in one folder.
        session: The attempt.
        limits: What that may take.
    """
    with closing(Pipes(len(sounds))) as pipes:
        meters = Meters(pipes.targets)
        outputs = [meters.output(ffmpeg.input(literal(path)).audio, number) for number, path in enumerate(sounds)]
        graph = ffmpeg.merge_outputs(*outputs)
        folder = sounds[0].parent
        with programs.encode(graph, folder, session, limits=limits, pass_fds=pipes.pass_fds) as tool:
            pipes.follow(meters.takers)
    if tool.returncode:
        raise tool_failed(tool)
    return [meters.loudness(number, tool) for number in range(len(sounds))]
