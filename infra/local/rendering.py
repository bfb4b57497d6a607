"""How videos and their attempts look on a terminal, and what everything shown there has in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.domain.attempt import Attempt, ToolRun
from shared.domain.status import FAILED, READY
from shared.domain.video import Cost, Video

__all__ = [
    "GUESS",
    "SHORT_ID",
    "clock_time",
    "file_size",
    "outcome_line",
    "plain_table",
    "program_name",
    "styled_status",
    "timeline_lines",
    "video_table",
]

SHORT_ID = 9
"""Letters of an id that are shown; commands take any beginning that only one video has."""

GUESS = "(a guess)"
"""Follows a text that is more likely wrong than right."""

STYLES = {
    READY: "green",
    FAILED: "red",
    "succeeded": "green",
    "failed": "red",
    "retry": "yellow",
    "lost": "yellow",
    "interrupted": "yellow",
    "superseded": "dim",
    "running": "cyan",
}


def clock_time(seconds: float) -> str:
    """Returns a position in a video, such as ``1:02.5``."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def file_size(size_bytes: int) -> str:
    """Returns how much there is in a file, such as ``38 kB`` or ``1.4 MB``."""
    value, unit = float(size_bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if round(value) < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit != "bytes" and value < 99.95 else f"{value:.0f} {unit}"


def outcome_line(video: Video) -> Text:
    """Returns how a video ended, in one line."""
    name = video.source.name
    if video.failure is not None:
        return Text.assemble(
            ("✗ ", "red"), name, ("  failed ", "red"), f"[{video.failure.code}] {video.failure.reason}"
        )
    return Text.assemble(("✓ ", "green"), name, ("  ready  ", "green"), (video.id, "dim"))


def video_table(videos: Iterable[Video]) -> Table:
    """Returns a table of videos."""
    table = plain_table("Id", "Name", "Owner", "Kind", "Status", "Length", "Added")
    for column in table.columns:
        column.no_wrap = True  # a broken id, code or date helps nobody; long names end in an ellipsis
    for video in videos:
        status = video.status
        if video.lease is not None:
            status = f"{video.lease.stage} {video.lease.progress:.0%}"
        elif video.failure is not None:
            status = f"failed: {video.failure.code}"
        length = clock_time(video.media.duration_s) if video.media else ""
        added = f"{video.created_at.astimezone():%Y-%m-%d %H:%M}"
        kind = video.media.kind if video.media else ""
        shown = styled_status(status, video.status)
        table.add_row(video.id[:SHORT_ID], Text(video.source.name), video.owner, kind, shown, length, added)
    return table


def timeline_lines(attempts: Sequence[Attempt]) -> Group:
    """Returns a video's attempts, oldest first, with the programs they ran and what people should know."""
    lines: list[RenderableType] = []
    run = 0
    for attempt in attempts:
        if attempt.run != run:
            run = attempt.run
            lines.append(Text(f"Run {run}", "bold"))
        lines.append(
            Text.assemble(
                f"  {attempt.started_at.astimezone():%Y-%m-%d %H:%M:%S}  {attempt.stage:<10}",
                styled_status(f" {attempt.outcome:<12}", attempt.outcome),
                f"try {attempt.number}, {attempt.cost.wall_s:.1f} s, {attempt.cost.cpu_s:.1f} s CPU",
                f", {_bill(attempt.cost)}" if attempt.cost.model_calls else "",
            )
        )
        lines += [Padding(Text(detail, "dim"), (0, 0, 0, 6)) for detail in _attempt_details(attempt)]
    return Group(*lines)


def _bill(cost: Cost) -> str:
    """Returns what models have cost."""
    tokens = f"{cost.input_tokens:,} tokens read, {cost.output_tokens:,} written"
    calls = "1 model call" if cost.model_calls == 1 else f"{cost.model_calls} model calls"
    return f"{calls} ({tokens}), ${cost.model_usd:.4f} at list price"


def _attempt_details(attempt: Attempt) -> list[str]:
    details = [f"[{attempt.code}] {attempt.reason}"] if attempt.reason else []
    details += [f"note [{caveat.code}] {caveat.detail}" for caveat in attempt.caveats]
    details += [
        f"{program_name(tool)}: exit {tool.returncode}, {tool.wall_s:.1f} s, {tool.cpu_s:.1f} s CPU, "
        f"{tool.peak_memory_bytes / 2**20:.0f} MiB"
        for tool in attempt.tools
    ]
    return details


def program_name(tool: ToolRun) -> str:
    """Returns a program's plain name; bundled ones are called ``ffmpeg-linux-x86_64-v9``."""
    return tool.command[0].rpartition("/")[2].partition("-")[0]


def plain_table(*columns: str) -> Table:
    """Returns an empty table without lines between its columns."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        # An id is there to be copied.
        table.add_column(column, overflow="fold", no_wrap=column == "Id")
    return table


def styled_status(text: str, status: str) -> Text:
    """Returns a text in the colour of a video's status or an attempt's outcome."""
    return Text(text, STYLES.get(status, "cyan"))
