"""From the rungs of a ladder to everything that one transcode makes."""

from __future__ import annotations

import math
from dataclasses import replace

from shared.domain.encoding import GOP_S, MAX_OUTPUT_FPS, Preset, Rung, StoryboardPlan, TranscodePlan
from shared.domain.media import MediaInfo

__all__ = ["plan_pictures", "plan_storyboard", "without_copy"]

# The longer side of a storyboard's pictures. Detectors of shots and black need no more either, and read a proxy of
# such pictures many times faster than the source.
_SMALL_SIDE = 160
# As many pictures as fit one sheet, but not further apart than people can jump; then there are more sheets.
_TILE_INTERVAL_S = (1.0, 10.0)
_COLUMNS = 10
_TILES_A_SHEET = _COLUMNS**2
_ROUNDING = 1e-9  # a duration divided by a part of itself may come out a hair above the number of parts


def plan_pictures(
    rungs: tuple[Rung, ...], preset: Preset = "balanced", *, deinterlace: bool = False
) -> TranscodePlan:
    """Returns the plan for a ladder."""
    return TranscodePlan(
        rungs=rungs,
        gop_s=GOP_S,
        max_output_fps=MAX_OUTPUT_FPS,
        proxy_size=_small(min(rungs, key=lambda rung: rung.width)),
        preset=preset,
        deinterlace=deinterlace,
    )


def without_copy(plan: TranscodePlan) -> TranscodePlan:
    """Returns the plan with all of its rungs encoded."""
    return replace(plan, rungs=tuple(replace(rung, copy=False) for rung in plan.rungs))


def plan_storyboard(media: MediaInfo, rungs: tuple[Rung, ...]) -> StoryboardPlan:
    """Returns the plan for the storyboard of a source with a ladder."""
    least_s, most_s = _TILE_INTERVAL_S
    interval_s = min(max(media.duration_s / _TILES_A_SHEET, least_s), most_s)
    tiles = max(math.ceil(media.duration_s / interval_s - _ROUNDING), 1)
    columns = min(tiles, _COLUMNS)
    return StoryboardPlan(
        tile_size=_small(rungs[-1]),
        interval_s=interval_s,
        tiles=tiles,
        grid=(columns, min(math.ceil(tiles / columns), _COLUMNS)),
    )


def _small(rung: Rung) -> tuple[int, int]:
    """Returns an even size of a rung's shape, within a square and not larger than the rung."""
    scale = min(_SMALL_SIDE / max(rung.width, rung.height), 1.0)
    return max(round(rung.width * scale / 2) * 2, 2), max(round(rung.height * scale / 2) * 2, 2)
