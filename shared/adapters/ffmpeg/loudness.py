"""Measuring loudness."""

from __future__ import annotations

import math
import os
import selectors
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.adapters.sandbox import RunningTool, ToolLimits
from shared.domain.media import Loudness
from shared.ports.tool_session import ToolSession

__all__ = ["Meters", "measure_loudness"]

_GATE_LUFS = -70.0  # what the filter gives for anything below its absolute gate

_FIRST = b"frame:0 "  # said of the first frame that comes to the filter that writes the values


class Meters:
    """FFmpeg's EBU R 128 meters for several sounds at once, each with a pipe of its own.

    A meter writes its running values ten times a second; the last ones are those of the whole. To be closed.

    Args:
        count: How many sounds.
    """

    def __init__(self, count: int) -> None:
        pipes = [os.pipe() for _ in range(count)]
        self._readers = [os.fdopen(read_fd, "rb", buffering=0) for read_fd, _ in pipes]
        self._writers = [os.fdopen(write_fd, "wb", buffering=0) for _, write_fd in pipes]
        self._values: list[dict[str, float]] = [{} for _ in range(count)]
        self._begun = [0] * count
        self.pass_fds = tuple(write_fd for _, write_fd in pipes)

    def close(self) -> None:
        """Closes what is left open."""
        for pipe in (*self._readers, *self._writers):
            pipe.close()

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
        pipe = f"pipe:{self.pass_fds[number]}"
        return heard.filter("ametadata", mode="print", file=pipe).output("-", format="null")

    def follow(self) -> None:
        """Reads until FFmpeg, which must have been started, has ended; none of the pipes can fill up meanwhile."""
        for writer in self._writers:
            writer.close()  # now only FFmpeg holds that end, and its end is seen here
        rest = [b""] * len(self._readers)
        with selectors.DefaultSelector() as selector:
            for number, reader in enumerate(self._readers):
                selector.register(reader, selectors.EVENT_READ, number)
            while selector.get_map():
                for key, _ in selector.select():
                    chunk = os.read(key.fd, 65536)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    *lines, rest[key.data] = (rest[key.data] + chunk).split(b"\n")
                    self._take(lines, key.data)

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

    def _take(self, lines: Sequence[bytes], number: int) -> None:
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
    with closing(Meters(len(sounds))) as meters:
        outputs = [meters.output(ffmpeg.input(literal(path)).audio, number) for number, path in enumerate(sounds)]
        graph = ffmpeg.merge_outputs(*outputs)
        folder = sounds[0].parent
        with programs.encode(graph, folder, session, limits=limits, pass_fds=meters.pass_fds) as tool:
            meters.follow()
    if tool.returncode:
        raise tool_failed(tool)
    return [meters.loudness(number, tool) for number in range(len(sounds))]
