"""The parts of an attempt, for the trace of its run."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from shared.domain.attempt import ToolRun
from shared.domain.errors import PipelineError
from shared.domain.spans import Attributes, Span, span_of
from shared.ports.clock import Clock
from shared.ports.span_exporter import SpanExporter

__all__ = ["Steps"]

_MOST: Final = 100
"""A long video has thousands of pictures to store; nobody looks at more than this, the longest."""


class Steps:
    """Notes when parts of an attempt began and ended; safe to use from several threads.

    Args:
        video_id: The video.
        key: The attempt's key.
        clock: The time.
        spans: Where they are traced.
    """

    def __init__(self, video_id: str, key: str, clock: Clock, spans: SpanExporter) -> None:
        self._video_id = video_id
        self._key = key
        self._clock = clock
        self._spans = spans
        self._parent = span_of(video_id, key)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        # Least first: how long it took, then its number, negative, so that of two as long the earlier one stays.
        self._longest: list[tuple[timedelta, int, Span]] = []

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

    def export(self) -> None:
        """Hands over the parts that took longest, the longest first."""
        with self._lock:
            spans = [span for _, _, span in sorted(self._longest, reverse=True)]
        if spans:
            self._spans.export(spans)

    def _add(self, name: str, started_at: datetime, error: str, attributes: Attributes) -> None:
        number = next(self._numbers)
        span = Span(
            ref=span_of(self._video_id, f"{self._key}/{number}"),
            parent=self._parent,
            name=name,
            kind="client",
            started_at=started_at,
            ended_at=self._clock.now(),
            error=error,
            attributes=attributes,
        )
        with self._lock:
            heapq.heappush(self._longest, (span.ended_at - span.started_at, -number, span))
            if len(self._longest) > _MOST:
                heapq.heappop(self._longest)
