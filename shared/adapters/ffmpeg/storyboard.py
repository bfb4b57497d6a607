"""Pictures of a whole video: many small ones in one, and one that stands for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.graph import tee
from shared.adapters.ffmpeg.jpeg import jpeg
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.encoding import StoryboardPlan
from shared.ports.tool_session import ToolSession

__all__ = ["make_poster", "make_storyboard"]

_POSTER_CANDIDATES = 25
# Mean luma, where black is 16 and white 235, up to which a picture makes no poster while there is a brighter one.
_DARK_LUMA = 32


def make_storyboard(
    programs: Programs, video: Path, plan: StoryboardPlan, destination: Path, session: ToolSession
) -> None:
    """Writes the picture shown in the middle of each interval, at least one, into one JPEG."""
    width, height = plan.tile_size
    columns, rows = plan.grid
    pictures = ffmpeg.input(literal(video), threads=1).video
    every = pictures.filter("fps", f"1/{plan.interval_s}", start_time=0, round="near", eof_action="pass")
    tiles = every.filter("scale", width, height, flags="area")
    # Rounding must not leave the last tile empty.
    sprite = tiles.filter("tpad", stop_mode="clone", stop=1).filter("tile", f"{columns}x{rows}")
    _write(programs, sprite, destination, session)


def make_poster(programs: Programs, video: Path, destination: Path, session: ToolSession) -> None:
    """Writes the most typical of some pictures spread over the video; of the bright ones, if there are any."""
    # Key frames alone: a small part of the work, and the best pictures that the encoder made.
    some, all_of_them = tee(ffmpeg.input(literal(video), threads=1, skip_frame="nokey").video)
    bright = some.filter("signalstats").filter(
        "metadata", "select", key="lavfi.signalstats.YAVG", value=_DARK_LUMA, function="greater"
    )
    choices = (candidates.filter("thumbnail", _POSTER_CANDIDATES) for candidates in (bright, all_of_them))
    # Whichever choice comes first is the one that is written.
    _write(programs, ffmpeg.concat(*choices, v=1, a=0), destination, session)


def _write(programs: Programs, picture: Any, destination: Path, session: ToolSession) -> None:
    with programs.encode(jpeg(picture, destination), destination.parent, session) as tool:
        tool.stdout.read()
    if tool.returncode or not destination.is_file():
        raise tool_failed(tool)
