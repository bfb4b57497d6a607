"""A file taken through the stages segment and analyze without being transcoded."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from functions.analyze.stage import AnalyzeStage
from functions.segment.stage import SegmentStage
from functions.segment.strategies.shots import ShotSegmenter
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Finding, ObjectRef, Rendition
from shared.ports.media_tool import MediaLimits
from shared.processors.analyzer import Analyzer
from shared.processors.segmenter import Segmenter
from shared.testing.stage_context import FakeStageContext
from tests.drawn_video import COLUMNS, ROWS, DrawnVideo

__all__ = ["FPS", "draw_clip", "findings_in", "understood"]

FPS = 25


def findings_in(path: Path, folder: Path, analyzer: type[Analyzer], **ports: Any) -> Sequence[Finding]:
    """Returns what an analyzer finds in a file, which stands for its own rendition and proxy."""
    records = understood(path, folder, [analyzer], **ports).inputs
    return [record for record in records if isinstance(record, Finding)]


def understood(
    path: Path,
    folder: Path,
    analyzers: Sequence[type[Analyzer]],
    more: Sequence[type[Segmenter]] = (),
    **ports: Any,
) -> FakeStageContext:
    """Returns what the next stage gets, which has all that was found in a file: it stands for its own rendition.

    Args:
        path: The file.
        folder: An empty folder.
        analyzers: What looks for findings.
        more: What looks for segments besides shots.
        ports: What analyzers and segmenters need, by name.
    """
    tool, context = FfmpegMediaTool(), FakeStageContext(folder, deadline_s=540)
    context.media = tool.probe(path, MediaLimits(), context)
    stored = context.put(path, "pictures.mp4", "video/mp4")
    made = (_rendition(context.media, stored), Artifact(role="proxy", object=stored))
    context.inputs = made
    known: Any = SimpleNamespace(media_tool=tool, **ports)
    segments = (
        SegmentStage(tool, [ShotSegmenter(known), *(segmenter(known) for segmenter in more)]).run(context).records
    )
    context.inputs = (*made, *segments)
    found = AnalyzeStage([analyzer(known) for analyzer in analyzers]).run(context).records
    assert not context.caveats
    context.inputs = (*context.inputs, *found)
    return context


def _rendition(media: MediaInfo, stored: ObjectRef) -> Rendition:
    width, height = media.video[0].display_size
    return Rendition(
        name="top",
        kind="video",
        codec="h264",
        width=width,
        height=height,
        duration_s=media.duration_s,
        bitrate_bps=1,
        object=stored,
    )


def draw_clip(path: Path, seconds: float, video: DrawnVideo) -> Path:
    """Writes the beginning of a drawn video as H.264."""
    source = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{COLUMNS}x{ROWS}", "-r", str(FPS), "-i", "-")
    coded = (
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "23",
        "-g",
        str(2 * FPS),
        "-sc_threshold",
        "0",
    )
    command = [str(bundled("ffmpeg")), "-loglevel", "error", "-y", *source, *coded, f"file:{path}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for index in range(round(seconds * FPS)):
            process.stdin.write(video.picture(index / FPS).tobytes())
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    return path
