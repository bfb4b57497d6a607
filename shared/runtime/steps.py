"""The parts of an attempt, for the trace of its run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from shared.domain.attempt import ToolRun
from shared.domain.errors import PipelineError
from shared.domain.spans import Attributes, Span, span_of
from shared.ports.clock import Clock

__all__ = ["Steps"]

_MOST: Final = 100
"""A long video has thousands of pictures to store; nobody looks at more than this, the longest."""


class Steps:
    """Notes when parts of an attempt began and ended; safe to use from several threads.

    Args:
        video_id: The video.
        key: The attempt's key.
        clock: The time.
    """

    def __init__(self, video_id: str, key: str, clock: Clock) -> None:
        self._video_id = video_id
        self._key = key
        self._clock = clock
        self._spans: list[Span] = []

    @contextmanager
    def step(self, name: str, attributes: Attributes) -> Iterator[None]:
        """Notes what the block does, and how it ends."""
        started_at, error = self._clock.now(), ""
        try:
            yield
        except BaseException as raised:
            error = raised.code if isinstance(raised, PipelineError) else type(raised).__name__
            raise
        finally:
            self._add(name, started_at, error, attributes)

    def tool(self, run: ToolRun) -> None:
        """Notes a program that has just ended."""
        executable = PurePath(run.command[0]).name
        attributes: Attributes = {
            "process.executable.name": executable,
            "process.exit.code": run.returncode,
            "automations.cpu_s": run.cpu_s,
            "automations.peak_memory_bytes": run.peak_memory_bytes,
        }
        error = str(run.returncode) if run.returncode else ""
        # Bundled ones are called ffmpeg-linux-x86_64-v9; whatever they are called, it is FFmpeg's time.
        name, started_at = executable.partition("-")[0], self._clock.now() - timedelta(seconds=run.wall_s)
        self._add(name, started_at, error, attributes)

    def longest(self) -> Sequence[Span]:
        """Returns the parts that took longest."""
        return sorted(self._spans, key=lambda span: span.started_at - span.ended_at)[:_MOST]

    def _add(self, name: str, started_at: datetime, error: str, attributes: Attributes) -> None:
        self._spans.append(
            Span(
                ref=span_of(self._video_id, f"{self._key}/{len(self._spans)}"),
                parent=span_of(self._video_id, self._key),
                name=name,
                kind="client",
                started_at=started_at,
                ended_at=self._clock.now(),
                error=error,
                attributes=attributes,
            )
        )
