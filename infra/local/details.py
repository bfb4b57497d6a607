"""How everything known about one video looks on a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.local.advice_rows import advice_rows, related_now
from infra.local.rendering import GUESS, SHORT_ID, clock_time, file_size, plain_table, program_name, styled_status
from shared.bootstrap import Bootstrap
from shared.domain.attempt import Attempt
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
from shared.domain.transcript import ROUGH_BELOW, transcript_of
from shared.domain.video import Video

__all__ = ["video_details", "where_to_look"]

T = TypeVar("T")

MOST_ROWS = 12
"""Longer tables are cut here, or at some times that; the API and --json have everything."""

MOST_OF_A_KIND = 8
"""Recommendations of one kind that are shown."""

MOST_EVIDENCE = 2
"""Places of a tag that are shown, the strongest."""

_BETTER_HEARD = (
    "What was said is written down roughly. For good transcripts download a faster-whisper model, set "
    "AUTOMATIONS_TRANSCRIBER=whisper and AUTOMATIONS_WHISPER_MODEL=FOLDER, and replay from analyze."
)


def video_details(wiring: Bootstrap, video: Video) -> Group:
    """Returns everything worth knowing about a video, and how to look at it."""
    repository = wiring.repository
    findings, attempts = repository.records(video, Finding), repository.attempts(video.id)
    parts: list[RenderableType] = [_headline(video)]
    tables = {
        "Renditions": _renditions(repository.records(video, Rendition)),
        "Decisions": _decisions(repository.records(video, Choice)),
        "Segments": _segments(with_ranks(repository.records(video, Segment), repository.records(video, Rank))),
        "Text and speech": _texts(findings),
        "Tags and their evidence": _tags(repository.records(video, Tag)),
        "Recommendations": _recommendations(repository.records(video, Recommendation), related_now(wiring, video)),
        "What it took": _costs(attempts, video.run),
    }
    for title, table in tables.items():
        if table.row_count:
            table.title = title
            parts.append(table)
    if wiring.settings.transcriber != "whisper" and transcript_of(findings, video.media).rough:
        parts.append(Text(_BETTER_HEARD))
    parts += _notes(attempts, video.run)
    return Group(*parts)


def _headline(video: Video) -> Panel:
    lines = [Text.assemble(("Status   ", "dim"), styled_status(video.status, video.status), f"   run {video.run}")]
    if video.failure is not None:
        lines.append(Text.assemble(("Reason   ", "dim"), f"[{video.failure.code}] {video.failure.reason}"))
    if video.media is not None:
        media = video.media
        sound = f"{media.audio[0].codec}, {media.audio[0].channels} ch" if media.audio else "no sound"
        lines.append(
            Text.assemble(
                ("Source   ", "dim"),
                f"{clock_time(media.duration_s)}, {_pictures(media)}, {sound}, {file_size(media.size_bytes)}",
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
    table = plain_table("Name", "Kind", "Codec", "Size", "Bitrate", "Bytes")
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
    table = plain_table("About", "Choice", "Why")
    for choice in choices:
        table.add_row(choice.subject, choice.value, Text(choice.reason))
    return table


def _segments(segments: Sequence[Segment]) -> Table:
    table = plain_table("Segment", "From", "To", "Begins with", "Rank", "Why")
    order = {"scene": 0, "shot": 1, "transition": 2, "black": 3, "silence": 4, "speech": 5, "music": 6}
    ranked = sorted(segments, key=lambda segment: (order[segment.kind], segment.index))
    for segment in _cut(ranked, table, 3 * MOST_ROWS):
        table.add_row(
            f"{segment.kind}:{segment.index}",
            clock_time(segment.start_s),
            clock_time(segment.end_s),
            segment.transition_in if segment.transition_in not in (None, "none") else "",
            f"{segment.score:.2f}" if segment.score is not None else "",
            Text(segment.reason),
        )
    return table


def _texts(findings: Sequence[Finding]) -> Table:
    table = plain_table("From", "Found by", "Confidence", "Words")
    names = ("text", "words", "qr_code")
    worded = [found for found in findings if found.name in names and isinstance(found.value, str)]
    for found in _cut(sorted(worded, key=lambda found: found.start_s), table, 2 * MOST_ROWS):
        guess = (f"  {GUESS}", "dim") if found.confidence < ROUGH_BELOW else ""
        words = Text.assemble(str(found.value), guess)
        table.add_row(clock_time(found.start_s), found.producer, f"{found.confidence:.2f}", words)
    return table


def _tags(tags: Sequence[Tag]) -> Table:
    table = plain_table("Tag", "Kind", "Confidence", "Evidence")
    for tag in _cut(sorted(tags, key=lambda tag: -tag.confidence), table, 2 * MOST_ROWS):
        strongest = sorted(tag.evidence[:MOST_EVIDENCE], key=lambda each: each.start_s)
        more = [f"and {len(tag.evidence) - MOST_EVIDENCE} more"] if len(tag.evidence) > MOST_EVIDENCE else []
        evidence = "\n".join([*map(_evidence, strongest), *more])
        table.add_row(Text(tag.label, "bold"), tag.kind, f"{tag.confidence:.2f}", Text(evidence))
    return table


def _evidence(evidence: Evidence) -> str:
    quote = f"“{evidence.quote}”" if evidence.quote else "picture"
    return f"{clock_time(evidence.start_s)} {evidence.modality}: {quote}"


def _recommendations(
    recommendations: Sequence[Recommendation], related: Sequence[tuple[Recommendation, Video]]
) -> Table:
    table = plain_table("Kind", "At", "What", "Why")
    left_out = 0
    for rows in advice_rows(recommendations, related):
        left_out += len(rows[MOST_OF_A_KIND:])
        for row in rows[:MOST_OF_A_KIND]:
            table.add_row(row.kind, row.at, Text(row.what), Text(row.why))
    if left_out:
        table.caption = f"{left_out} more with --json"
    return table


def _notes(attempts: Sequence[Attempt], run: int) -> list[Text]:
    """Returns what stages have left out, or could only do in part."""
    done = [attempt for attempt in attempts if attempt.run == run and attempt.outcome == "succeeded"]
    return [Text(f"Note of {one.stage}: {caveat.detail}", "yellow") for one in done for caveat in one.caveats]


def _costs(attempts: Sequence[Attempt], run: int) -> Table:
    table = plain_table("Stage", "Tries", "Time", "CPU", "Programs")
    of_run = [attempt for attempt in attempts if attempt.run == run]
    for stage in dict.fromkeys(attempt.stage for attempt in of_run):
        tries = [attempt for attempt in of_run if attempt.stage == stage]
        programs = dict.fromkeys(program_name(tool) for attempt in tries for tool in attempt.tools)
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
