"""A few seconds that show what a video is like, small and without sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.adapters.ffmpeg.allowance import for_own_pictures
from shared.adapters.ffmpeg.outputs import CLEAN
from shared.adapters.ffmpeg.picking import PICKED, picked, shown_at
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.adapters.ffmpeg.timeline import Timeline
from shared.domain.encoding import GOP_S, Excerpt
from shared.ports.tool_session import ToolSession

__all__ = ["make_preview"]

_FPS = 15
"""Frames a second: motion is seen as motion, for half of the bytes."""


def make_preview(
    programs: Programs,
    video: Path,
    timeline: Timeline,
    excerpts: Sequence[Excerpt],
    short_side: int,
    destination: Path,
    session: ToolSession,
) -> None:
    """Encodes the excerpts one after the other.

    H.264 and not animated WebP: of six clips, WebP took more bytes for worse pictures in all but slides, and half
    as much CPU again.
    """
    side = str(short_side)
    pictures = _moving(video, timeline, _lengths(timeline, excerpts)).filter(
        "scale",
        f"if(gt(iw,ih),-2,min(iw,{side}))",  # -2: even, and the same shape
        f"if(gt(iw,ih),min(ih,{side}),-2)",
        flags="area",
    )
    options = {
        **CLEAN,
        "vcodec": "libx264",
        "preset": "superfast",  # two thirds of veryfast's time, which short videos feel, for a twelfth more bytes
        "crf": 28,  # it moves, and is gone in three seconds
        "profile:v": "high",
        "pix_fmt": "yuv420p",  # what every browser decodes
        "threads": 1,
        "an": None,
        "movflags": "+faststart",  # the index first: it plays while it comes
        "format": "mp4",
    }
    output = pictures.filter("setsar", 1).output(literal(destination), **options)
    limits = for_own_pictures(sum(excerpt.length_s + GOP_S for excerpt in excerpts))
    with programs.encode(output, destination.parent, session, limits=limits, options=PICKED) as tool:
        tool.stdout.read()
    if tool.returncode or not destination.is_file():
        raise tool_failed(tool)


def _lengths(timeline: Timeline, excerpts: Sequence[Excerpt]) -> dict[int, float]:
    """Returns which picture is the first of each excerpt, and how long the excerpt is.

    Excerpts that begin with the same picture, which is shown for long, are one.
    """
    firsts = shown_at(timeline, [excerpt.start_s for excerpt in excerpts])
    lengths_s: dict[int, float] = {}
    for first, excerpt in zip(firsts.tolist(), excerpts, strict=True):
        lengths_s[first] = lengths_s.get(first, 0.0) + excerpt.length_s
    return lengths_s


def _moving(video: Path, timeline: Timeline, lengths_s: Mapping[int, float]) -> Any:
    """Returns the excerpts' pictures, evenly spaced; at least one of each, however long it is shown."""
    shown, tick_s = timeline.shown, float(timeline.tick_s)
    wanted, moved, frames = [], [], 0
    for (first, length_s), following in zip(lengths_s.items(), [*list(lengths_s)[1:], len(shown)], strict=True):
        own_frames = max(round(length_s * _FPS), 1)
        # Not what would be nearer to the first frame of the excerpt that follows.
        end = int(np.searchsorted(shown, shown[first] + (own_frames - 0.5) / _FPS / tick_s))
        part = shown[first : min(max(end, first + 1), following)]
        begins = round(frames / _FPS / tick_s)
        moved.append(f"between(PTS,{part[0]},{part[-1]})*(PTS-{part[0]}+{begins})")
        wanted.append(part)
        frames += own_frames
    pictures = picked(video, timeline, np.concatenate(wanted))
    pictures = pictures.filter("select", "+".join(f"between(pts,{part[0]},{part[-1]})" for part in wanted))
    moved_pictures = pictures.filter("setpts", "+".join(moved))
    # What is shown last is shown to the end: as input of fps, which may drop it, and as its output.
    held = moved_pictures.filter("tpad", stop_mode="clone", stop_duration=frames / _FPS)
    even = held.filter("fps", _FPS, start_time=0, eof_action="pass")
    return even.filter("tpad", stop_mode="clone", stop=-1).filter("trim", end_frame=frames)
