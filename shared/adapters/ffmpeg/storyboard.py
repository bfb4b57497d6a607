"""Many small pictures of a whole video in a few large ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_own_pictures
from shared.adapters.ffmpeg.jpeg import jpegs
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.encoding import StoryboardPlan
from shared.ports.tool_session import ToolSession

__all__ = ["make_storyboard"]


def make_storyboard(
    programs: Programs, video: Path, plan: StoryboardPlan, folder: Path, session: ToolSession
) -> Sequence[Path]:
    """Writes the picture shown in the middle of each interval into JPEG sheets."""
    width, height = plan.tile_size
    columns, rows = plan.grid
    pictures = ffmpeg.input(literal(video), threads=1).video
    # What begins late in its interval is not dropped if it is the last: it may be shown for long.
    pictures = pictures.filter("tpad", stop_mode="clone", stop_duration=plan.interval_s)
    # A late first picture also stands for what is before it, a last one for all that is after it.
    every = pictures.filter("fps", f"1/{plan.interval_s}", start_time=0, round="near", eof_action="pass")
    tiles = every.filter("scale", width, height, flags="area").filter("tpad", stop_mode="clone", stop=-1)
    sheet = tiles.filter("tile", f"{columns}x{rows}")
    sheets = [folder / f"storyboard-{number:03d}.jpg" for number in range(1, plan.sheets + 1)]
    # copyts: a video that starts late must not be moved to 0.
    limits = for_own_pictures(plan.tiles * plan.interval_s)
    with programs.encode(jpegs(sheet, sheets), folder, session, limits=limits, options=("-copyts",)) as tool:
        tool.stdout.read()
    if tool.returncode or not all(path.is_file() for path in sheets):
        raise tool_failed(tool)
    return sheets
