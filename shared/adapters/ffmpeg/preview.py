"""A few seconds that show what a video is like, small and without sound."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_own_pictures
from shared.adapters.ffmpeg.outputs import CLEAN
from shared.adapters.ffmpeg.pictures import presentation_times
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.encoding import GOP_S, Excerpt
from shared.ports.tool_session import ToolSession

__all__ = ["make_preview"]

_FPS = 15
"""Frames a second: motion is seen as motion, for half of the bytes."""


def make_preview(
    programs: Programs,
    video: Path,
    excerpts: Sequence[Excerpt],
    short_side: int,
    destination: Path,
    session: ToolSession,
) -> None:
    """Encodes the excerpts one after the other.

    H.264 and not animated WebP: of six clips, WebP took more bytes for worse pictures in all but slides, and half
    as much CPU again.
    """
    lengths_s = _lengths(presentation_times(programs, video, session), excerpts)
    parts = [_part(video, first_s, length_s, short_side) for first_s, length_s in lengths_s.items()]
    options = {
        **CLEAN,
        "vcodec": "libx264",
        "preset": "veryfast",  # half of medium's time, which short videos feel; of so few pictures not more bytes
        "crf": 28,  # it moves, and is gone in three seconds
        "profile:v": "high",
        "pix_fmt": "yuv420p",  # what every browser decodes
        "threads": 1,
        "an": None,
        "movflags": "+faststart",  # the index first: it plays while it comes
        "format": "mp4",
    }
    output = ffmpeg.concat(*parts, v=1, a=0).output(literal(destination), **options)
    limits = for_own_pictures(sum(excerpt.length_s + GOP_S for excerpt in excerpts))
    with programs.encode(output, destination.parent, session, limits=limits) as tool:
        tool.stdout.read()
    if tool.returncode or not destination.is_file():
        raise tool_failed(tool)


def _lengths(shown_s: Sequence[float], excerpts: Sequence[Excerpt]) -> dict[float, float]:
    """Returns when the first picture of each excerpt is shown, and how long the excerpt is.

    Excerpts that begin with the same picture, which is shown for long, are one.
    """
    lengths_s: dict[float, float] = {}
    for excerpt in excerpts:
        first_s = shown_s[max(bisect_right(shown_s, excerpt.start_s) - 1, 0)]
        lengths_s[first_s] = lengths_s.get(first_s, 0.0) + excerpt.length_s
    return lengths_s


def _part(video: Path, first_s: float, length_s: float, short_side: int) -> Any:
    """Returns an excerpt's pictures, evenly spaced; at least one, however long a picture is shown."""
    source = ffmpeg.input(
        literal(video),
        ss=f"{first_s:.6f}",
        seek_timestamp=1,  # ss counts from the timeline's 0, not from the file's first picture
        t=f"{length_s:.6f}",
        threads=1,
    )
    side = str(short_side)
    pictures = source.video.filter("fps", _FPS, start_time=0).filter(
        "scale",
        f"if(gt(iw,ih),-2,min(iw,{side}))",  # -2: even, and the same shape
        f"if(gt(iw,ih),min(ih,{side}),-2)",
        flags="area",
    )
    # What is shown last is shown to the end.
    frames = max(round(length_s * _FPS), 1)
    whole = pictures.filter("tpad", stop_mode="clone", stop=-1).filter("trim", end_frame=frames)
    return whole.filter("setsar", 1).filter("setpts", f"N/({_FPS}*TB)")
