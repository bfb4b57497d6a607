"""From the rungs of a ladder to everything that one transcode makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from shared.domain.encoding import Rung, StoryboardPlan, TranscodePlan
from shared.domain.media import MediaInfo

__all__ = ["SEGMENT_S", "plan_pictures", "plan_storyboard", "tile_count"]

SEGMENT_S = 4.0
"""Seconds a streamed segment: short enough to start and switch soon, long enough for few requests."""

# Two key frames a segment: players seek to within two seconds without decoding more.
_GOP_S = SEGMENT_S / 2
_MAX_OUTPUT_FPS = Fraction(60)
# Detectors of shots and black need no more, and read these pictures many times faster than the source.
_PROXY_WIDTH = 160
_TILE_WIDTH = 160
_TILE_INTERVAL_S = 1.0
_MAX_TILES = 100
_COLUMNS = 10


def plan_pictures(rungs: tuple[Rung, ...]) -> TranscodePlan:
    """Returns the plan for a ladder."""
    return TranscodePlan(
        rungs=rungs, gop_s=_GOP_S, max_output_fps=_MAX_OUTPUT_FPS, proxy_size=_within(_PROXY_WIDTH, rungs)
    )


def plan_storyboard(media: MediaInfo, rungs: tuple[Rung, ...]) -> StoryboardPlan:
    """Returns the plan for a source's storyboard, made of the smallest rung."""
    interval_s = max(_TILE_INTERVAL_S, media.duration_s / _MAX_TILES)
    tiles = tile_count(media, interval_s)
    columns = min(tiles, _COLUMNS)
    return StoryboardPlan(
        tile_size=_within(_TILE_WIDTH, rungs), interval_s=interval_s, grid=(columns, math.ceil(tiles / columns))
    )


def tile_count(media: MediaInfo, interval_s: float) -> int:
    """Returns how many storyboard pictures a video has: one for every interval begun."""
    return min(max(math.ceil(media.duration_s / interval_s), 1), _MAX_TILES)


def _within(width: int, rungs: Sequence[Rung]) -> tuple[int, int]:
    """Returns an even size of the smallest rung's shape, not wider than it."""
    smallest = rungs[-1]
    width = min(width, smallest.width)
    return width, max(round(width * smallest.height / smallest.width / 2) * 2, 2)
