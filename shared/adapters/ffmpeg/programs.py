"""Which FFmpeg and ffprobe to run, how confined, and what every call of them has in common."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

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
        options: tuple[str, ...] = (),
        pass_fds: tuple[int, ...] = (),
        on_log: Callable[[str], None] | None = None,
    ) -> Iterator[RunningTool]:
        """Runs FFmpeg on a graph built with ffmpeg-python, with more global options; see sandbox.running()."""
        import ffmpeg  # whoever gets here has built a graph with it; asking ffprobe needs none

        command = ffmpeg.compile(outputs, cmd=[str(self.ffmpeg), *_QUIET, *options])
        with running(command, folder, session, self._limits, pass_fds=pass_fds, on_log=on_log) as tool:
            yield tool

    @contextmanager
    def ask(
        self, arguments: Sequence[str], path: Path, session: ToolSession, limits: ToolLimits | None = None
    ) -> Iterator[RunningTool]:
        """Runs ffprobe on a file; see sandbox.running()."""
        command = [str(self.ffprobe), "-hide_banner", "-loglevel", "warning", *arguments, "-i", literal(path)]
        with running(command, path.parent, session, limits or self._limits) as tool:
            yield tool


def literal(path: Path) -> str:
    """Returns a path as FFmpeg takes it for exactly that file, whatever its name and the folder FFmpeg runs in."""
    return f"file:{path.absolute()}"


def tool_failed(tool: RunningTool) -> TransientError:
    """Returns the error for a program that failed on a file this product made."""
    return TransientError(
        "tool_failed",
        f"{Path(tool.command[0]).name} ended with status {tool.returncode}; its log is in the timeline.",
        log_tail=tool.log_tail,
        command=tool.command,
    )
