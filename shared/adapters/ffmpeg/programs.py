"""Which FFmpeg and ffprobe to run, how confined, and what every call of them has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.binaries import bundled, executable
from shared.adapters.sandbox import RunningTool, ToolLimits, running
from shared.domain.errors import TransientError
from shared.ports.tool_session import ToolSession

__all__ = ["Programs", "literal", "tool_failed"]

# Nothing is typed at it; no banner; every warning on a line of its own, so that they can be counted.
_QUIET = ("-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+warning", "-y")


class Programs:
    """The two programs, found when first used.

    Args:
        ffmpeg: None takes the bundled one.
        ffprobe: None takes the bundled one.
        memory_bytes: Address space each may use.
    """

    def __init__(self, ffmpeg: Path | None, ffprobe: Path | None, memory_bytes: int) -> None:
        self._ffmpeg = ffmpeg
        self._ffprobe = ffprobe
        self._limits = ToolLimits(memory_bytes=memory_bytes)

    @cached_property
    def ffmpeg(self) -> Path:
        """Where FFmpeg is."""
        return executable(self._ffmpeg) if self._ffmpeg else bundled("ffmpeg")

    @cached_property
    def ffprobe(self) -> Path:
        """Where ffprobe is."""
        return executable(self._ffprobe) if self._ffprobe else bundled("ffprobe")

    @contextmanager
    def encode(
        self,
        outputs: Any,
        folder: Path,
        session: ToolSession,
        *,
        pass_fds: tuple[int, ...] = (),
        on_log: Callable[[str], None] | None = None,
    ) -> Iterator[RunningTool]:
        """Runs FFmpeg on a graph built with ffmpeg-python; see sandbox.running()."""
        command = ffmpeg.compile(outputs, cmd=[str(self.ffmpeg), *_QUIET])
        with running(command, folder, session, self._limits, pass_fds=pass_fds, on_log=on_log) as tool:
            yield tool

    def presentation_times(self, video: Path, session: ToolSession) -> list[float]:
        """Returns when each picture of a file this product made is shown, in seconds, in order."""
        command = [str(self.ffprobe), "-loglevel", "error", "-select_streams", "v:0"]
        command += ["-show_entries", "packet=pts_time", "-of", "csv=print_section=0", "-i", literal(video)]
        with running(command, video.parent, session, self._limits) as tool:
            # Packets come in decoding order; a trailing comma follows where a packet has side data.
            times = sorted(float(line.strip(b",\n")) for line in tool.stdout)
        if tool.returncode or not times:
            raise tool_failed(tool)
        return times


def literal(path: Path) -> str:
    """Returns a path as FFmpeg takes it for exactly that file, whatever characters are in its name."""
    return f"file:{path}"


def tool_failed(tool: RunningTool) -> TransientError:
    """Returns the error for a program that failed on a file this product made."""
    return TransientError(
        "tool_failed",
        f"{Path(tool.command[0]).name} ended with status {tool.returncode}; its log is in the timeline.",
        log_tail=tool.log_tail,
        command=tool.command,
    )
