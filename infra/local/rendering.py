"""How videos and what is known about them look on a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shared.bootstrap import Bootstrap
from shared.domain.attempt import Attempt, ToolRun
from shared.domain.media import MediaInfo
from shared.domain.ranking import with_ranks
from shared.domain.records import (
    Artifact,
    Choice,
    Evidence,
    Finding,
    Rank,
    Recommendation,
    Rendition,
    Segment,
    Tag,
)
from shared.domain.status import FAILED, READY
from shared.domain.video import Cost, Video

__all__ = ["clock_time", "outcome_line", "timeline_lines", "video_details", "video_table", "where_to_look"]

T = TypeVar("T")

MOST_ROWS = 12
"""Longer tables are cut here; the API and --json have everything."""

SHORT_ID = 9
"""Letters of an id that are shown; commands take any beginning that only one video has."""

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
    table = _table("Id", "Name", "Owner", "Kind", "Status", "Length", "Added")
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
        shown = _styled(status, video.status)
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
                _styled(f" {attempt.outcome:<12}", attempt.outcome),
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
        f"{_program(tool)}: exit {tool.returncode}, {tool.wall_s:.1f} s, {tool.cpu_s:.1f} s CPU, "
        f"{tool.peak_memory_bytes / 2**20:.0f} MiB"
        for tool in attempt.tools
    ]
    return details


def _program(tool: ToolRun) -> str:
    """Returns a program's plain name; bundled ones are called ``ffmpeg-linux-x86_64-v9``."""
    return tool.command[0].rpartition("/")[2].partition("-")[0]


def video_details(wiring: Bootstrap, video: Video) -> Group:
    """Returns everything worth knowing about a video, and how to look at it."""
    repository = wiring.repository
    parts: list[RenderableType] = [_headline(video)]
    tables = {
        "Renditions": _renditions(repository.records(video, Rendition)),
        "Decisions": _decisions(repository.records(video, Choice)),
        "Segments": _segments(with_ranks(repository.records(video, Segment), repository.records(video, Rank))),
        "Text and speech": _texts(repository.records(video, Finding)),
        "Tags and their evidence": _tags(repository.records(video, Tag)),
        "Recommendations": _recommendations(repository.records(video, Recommendation)),
        "What it took": _costs(repository.attempts(video.id), video.run),
    }
    for title, table in tables.items():
        if table.row_count:
            table.title = title
            parts.append(table)
    return Group(*parts)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        # An id is there to be copied.
        table.add_column(column, overflow="fold", no_wrap=column == "Id")
    return table


def _styled(text: str, status: str) -> Text:
    return Text(text, STYLES.get(status, "cyan"))


def _headline(video: Video) -> Panel:
    lines = [Text.assemble(("Status   ", "dim"), _styled(video.status, video.status), f"   run {video.run}")]
    if video.failure is not None:
        lines.append(Text.assemble(("Reason   ", "dim"), f"[{video.failure.code}] {video.failure.reason}"))
    if video.media is not None:
        media = video.media
        sound = f"{media.audio[0].codec}, {media.audio[0].channels} ch" if media.audio else "no sound"
        lines.append(
            Text.assemble(
                ("Source   ", "dim"),
                f"{clock_time(media.duration_s)}, {_pictures(media)}, {sound}, {media.size_bytes / 1e6:.1f} MB",
            )
        )
    lines.append(Text.assemble(("Id       ", "dim"), video.id))
    return Panel(Group(*lines), title=Text(video.source.name, "bold"), title_align="left", expand=False)


def _pictures(media: MediaInfo) -> str:
    if not media.video:
        return "sound alone"
    picture = media.video[0]
    width, height = picture.display_size
    return f"{picture.codec} {width}x{height} at {float(picture.fps):.4g} fps"


def _renditions(renditions: Sequence[Rendition]) -> Table:
    table = _table("Name", "Kind", "Codec", "Size", "Bitrate", "Bytes")
    for rendition in renditions:
        size = f"{rendition.width}x{rendition.height}" if rendition.width else ""
        table.add_row(
            rendition.name,
            rendition.kind,
            rendition.codec,
            size,
            f"{rendition.bitrate_bps / 1000:.0f} kbit/s",
            f"{rendition.object.size_bytes:,}",
        )
    return table


def _decisions(choices: Sequence[Choice]) -> Table:
    table = _table("About", "Choice", "Why")
    for choice in choices:
        table.add_row(choice.subject, choice.value, Text(choice.reason))
    return table


def _segments(segments: Sequence[Segment]) -> Table:
    table = _table("Kind", "From", "To", "Begins with", "Rank", "Why")
    order = {"scene": 0, "shot": 1, "transition": 2, "black": 3, "silence": 4, "speech": 5, "music": 6}
    ranked = sorted(segments, key=lambda segment: (order[segment.kind], segment.index))
    for segment in _cut(ranked, table, 3 * MOST_ROWS):
        table.add_row(
            f"{segment.kind} {segment.index + 1}",
            clock_time(segment.start_s),
            clock_time(segment.end_s),
            segment.transition_in if segment.transition_in not in (None, "none") else "",
            f"{segment.score:.2f}" if segment.score is not None else "",
            Text(segment.reason),
        )
    return table


def _texts(findings: Sequence[Finding]) -> Table:
    table = _table("From", "Found by", "Confidence", "Words")
    worded = [found for found in findings if found.name in ("text", "words") and isinstance(found.value, str)]
    for found in _cut(sorted(worded, key=lambda found: found.start_s), table, 2 * MOST_ROWS):
        table.add_row(clock_time(found.start_s), found.producer, f"{found.confidence:.2f}", Text(str(found.value)))
    return table


def _tags(tags: Sequence[Tag]) -> Table:
    table = _table("Tag", "Kind", "Confidence", "Evidence")
    for tag in _cut(sorted(tags, key=lambda tag: -tag.confidence), table, 2 * MOST_ROWS):
        evidence = "\n".join(_evidence(each) for each in tag.evidence[:2])
        table.add_row(Text(tag.label, "bold"), tag.kind, f"{tag.confidence:.2f}", Text(evidence))
    return table


def _evidence(evidence: Evidence) -> str:
    quote = f"“{evidence.quote}”" if evidence.quote else "picture"
    return f"{clock_time(evidence.start_s)} {evidence.modality}: {quote}"


def _recommendations(recommendations: Sequence[Recommendation]) -> Table:
    table = _table("Kind", "At", "What", "Why")
    for each in _cut(recommendations, table, MOST_ROWS):
        at = clock_time(each.start_s) if each.start_s is not None else ""
        table.add_row(each.kind, at, Text(each.value), Text(each.reason))
    return table


def _costs(attempts: Sequence[Attempt], run: int) -> Table:
    table = _table("Stage", "Tries", "Time", "CPU", "Programs")
    of_run = [attempt for attempt in attempts if attempt.run == run]
    for stage in dict.fromkeys(attempt.stage for attempt in of_run):
        tries = [attempt for attempt in of_run if attempt.stage == stage]
        programs = dict.fromkeys(_program(tool) for attempt in tries for tool in attempt.tools)
        table.add_row(
            stage,
            str(len(tries)),
            f"{sum(attempt.cost.wall_s for attempt in tries):.2f} s",
            f"{sum(attempt.cost.cpu_s for attempt in tries):.2f} s",
            ", ".join(programs),
        )
    return table


def where_to_look(wiring: Bootstrap, video: Video, program: str) -> Text:
    """Says where the results lie and which command shows more, in lines that are copied whole.

    Args:
        wiring: The deployment's parts.
        video: The video.
        program: How the user calls this command line.
    """
    files = [
        rendition.object for rendition in wiring.repository.records(video, Rendition) if rendition.kind == "mp4"
    ]
    made = {artifact.role: artifact.object for artifact in reversed(wiring.repository.records(video, Artifact))}
    files += [made[role] for role in ("hls", "poster", "preview", "storyboard") if role in made]
    data_dir = shlex.quote(str(wiring.settings.data_dir))
    more = [f"  {program} timeline {video.id[:SHORT_ID]} --data-dir {data_dir}"]
    if wiring.settings.platform == "google":
        lines = [f"  gs://{ref.bucket}/{ref.name}" for ref in files]
    else:
        lines = [f"  {wiring.local_blobs.path_of(ref.bucket, ref.name)}" for ref in files]
        up = f"  {program} up --data-dir {data_dir}"
        more = [up, "      then open the console at the link that this prints", *more]
    return Text("\n".join([*(["Files"] if lines else []), *lines, "See more", *more]))


def _cut(rows: Sequence[T], table: Table, most: int) -> Sequence[T]:
    if len(rows) > most:
        table.caption = f"{len(rows) - most} more with --json"
    return rows[:most]
