"""Showing how far videos are while somebody waits for them."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

import rich.progress
from rich.console import Console
from rich.markup import escape

from shared.domain.flow import Flow
from shared.domain.status import FAILED, READY
from shared.domain.video import Video

__all__ = ["BarProgress", "LineProgress", "Progress", "progress_on"]


class Progress(Protocol):
    """Shows videos; a context manager around the waiting."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def update(self, video: Video) -> None:
        """Shows how far a video is; one never seen before is added."""
        ...

    def note(self, text: str) -> None:
        """Shows a line of text."""
        ...


def progress_on(console: Console, flow: Flow) -> Progress:
    """Returns moving bars on a terminal, lines anywhere else."""
    return BarProgress(console, flow) if console.is_terminal else LineProgress(console, flow)


class BarProgress:
    """A bar a video, on a terminal."""

    def __init__(self, console: Console, flow: Flow) -> None:
        self._flow = flow
        self._tasks: dict[str, rich.progress.TaskID] = {}
        self._bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(bar_width=30),
            rich.progress.TextColumn("{task.fields[doing]}"),
            rich.progress.TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> BarProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def update(self, video: Video) -> None:
        if video.id not in self._tasks:
            self._tasks[video.id] = self._bars.add_task(
                escape(video.source.name), total=len(self._flow.stages), doing=""
            )
        stage, fraction = _doing(self._flow, video)
        done = len(self._flow.before(stage)) + fraction if stage else len(self._flow.stages)
        if video.status == FAILED and video.failure:
            done = len(self._flow.before(video.failure.stage))
        self._bars.update(self._tasks[video.id], completed=done, doing=_words(video, stage, fraction))
        if video.status in (READY, FAILED):
            self._bars.stop_task(self._tasks[video.id])

    def note(self, text: str) -> None:
        self._bars.console.print(text, style="yellow", markup=False, highlight=False)


class LineProgress:
    """A line whenever a video gets further, for logs and pipes."""

    def __init__(self, console: Console, flow: Flow) -> None:
        self._console = console
        self._flow = flow
        self._shown: dict[str, str] = {}

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def update(self, video: Video) -> None:
        stage, _ = _doing(self._flow, video)
        state = f"failed: {video.failure.code}" if video.failure else stage if video.lease else video.status
        line = f"{video.source.name}: {state}"
        if self._shown.get(video.id) != line:
            self._shown[video.id] = line
            self.note(line)

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _doing(flow: Flow, video: Video) -> tuple[str, float]:
    """Returns the stage a video is at, and how far that is, 0..1; no stage when nothing is left to do."""
    if video.lease is not None:
        return video.lease.stage, video.lease.progress
    waiting_for = flow.next_after_status(video.status)
    return (waiting_for.stage if waiting_for else ""), 0.0


def _words(video: Video, stage: str, fraction: float) -> str:
    if video.status == FAILED and video.failure:
        return f"[red]failed: {video.failure.code}[/red]"
    if not stage:
        return f"[green]{video.status}[/green]"
    return f"{stage} {fraction:.0%}" if video.lease else f"[dim]waiting for {stage}[/dim]"
