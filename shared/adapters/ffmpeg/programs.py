"""Which FFmpeg and ffprobe to run, how confined, and what every call of them has in common."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from shared.adapters.binaries import bundled, executable
from shared.adapters.ffmpeg.allowance import for_reading
from shared.adapters.sandbox import RunningTool, ToolLimits, running
from shared.domain.errors import TransientError
from shared.ports.media_tool import MediaLimits
from shared.ports.tool_session import ToolSession

__all__ = ["Programs", "literal", "microseconds", "tool_failed"]

# Unless the settings say otherwise.
_MEMORY_BYTES = ToolLimits().memory_bytes
_MAX_PIXELS = MediaLimits().max_pixels

# Nothing is typed at it; no banner; every warning on a line of its own, so that they can be counted.
_QUIET = ("-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+warning", "-y")


class Programs:
    """The two programs, found when first used.

    Args:
        ffmpeg: None takes the bundled one.
        ffprobe: None takes the bundled one.
        memory_bytes: Address space each may use.
        max_pixels: Width times height of the largest picture that may be decoded, whenever it comes.
    """

    def __init__(
        self,
        ffmpeg: Path | None = None,
        ffprobe: Path | None = None,
        *,
        memory_bytes: int = _MEMORY_BYTES,
        max_pixels: int = _MAX_PIXELS,
    ) -> None:
        self._ffmpeg = ffmpeg
        self._ffprobe = ffprobe
        self._memory_bytes = memory_bytes
        # Decoders count the whole blocks that a picture is made of.
        self._decoded = ("-max_pixels", str(max_pixels + max_pixels // 32 + 2**16))

    @cached_property
    def ffmpeg(self) -> Path:
        """Where FFmpeg is."""
        return executable(self._ffmpeg) if self._ffmpeg else bundled("ffmpeg")

    @cached_property
    def ffprobe(self) -> Path:
        """Where ffprobe is."""
        return executable(self._ffprobe) if self._ffprobe else bundled("ffprobe")

    @cached_property
    def ffmpeg_version(self) -> str:
        """What FFmpeg says that it is, and how it was built."""
        command = [str(self.ffmpeg), "-version"]
        told = subprocess.run(
            command, env={}, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=30
        )
        return told.stdout.decode(errors="replace")

    @contextmanager
    def encode(
        self,
        outputs: Any,
        folder: Path,
        session: ToolSession,
        *,
        limits: ToolLimits,
        options: tuple[str, ...] = (),
        pass_fds: tuple[int, ...] = (),
        on_log: Callable[[str], None] | None = None,
    ) -> Iterator[RunningTool]:
        """Runs FFmpeg on a graph built with ffmpeg-python, with more global options; see sandbox.running().

        Nothing runs without limits: they come from what it works on, see the functions in allowance.py.
        """
        import ffmpeg  # whoever gets here has built a graph with it; asking ffprobe needs none

        graph = ffmpeg.compile(outputs, cmd=[str(self.ffmpeg), *_QUIET, *options])
        # Here, where no graph can leave it out. A size may change in any frame, long after it was measured.
        command = [part for word in graph for part in ((*self._decoded, word) if word == "-i" else (word,))]
        with running(command, folder, session, self._within(limits), pass_fds=pass_fds, on_log=on_log) as tool:
            yield tool

    @contextmanager
    def ask(
        self, arguments: Sequence[str], path: Path, session: ToolSession, limits: ToolLimits | None = None
    ) -> Iterator[RunningTool]:
        """Runs ffprobe on a file; see sandbox.running()."""
        asked = (*self._decoded, *arguments, "-i", literal(path))
        command = [str(self.ffprobe), "-hide_banner", "-loglevel", "warning", *asked]
        with running(command, path.parent, session, self._within(limits or for_reading(path))) as tool:
            yield tool

    def _within(self, limits: ToolLimits) -> ToolLimits:
        """Returns limits with no more memory than the settings give."""
        return replace(limits, memory_bytes=min(limits.memory_bytes, self._memory_bytes))


def literal(path: Path) -> str:
    """Returns a path as FFmpeg takes it for exactly that file, whatever its name and the folder FFmpeg runs in."""
    return f"file:{path.absolute()}"


def microseconds(time_s: Fraction) -> str:
    """Returns a time as FFmpeg's options take it, never later than it is."""
    micros = time_s.numerator * 1_000_000 // time_s.denominator
    return f"{micros}us"


def tool_failed(tool: RunningTool) -> TransientError:
    """Returns the error for a program that failed on a file this product made."""
    return TransientError(
        "tool_failed",
        f"{Path(tool.command[0]).name} ended with status {tool.returncode}; its log is in the timeline.",
        log_tail=tool.log_tail,
        command=tool.command,
    )
