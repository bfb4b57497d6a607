"""From the rungs of a ladder to everything that one transcode makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from shared.domain.encoding import GOP_S, MAX_OUTPUT_FPS, Preset, Rung, SoundPlan, StoryboardPlan, TranscodePlan
from shared.domain.media import MediaInfo

__all__ = ["plan_pictures", "plan_sound", "plan_storyboard", "tile_count", "without_copy"]

_AUDIO_BPS = 128_000
# Detectors of shots and black need no more, and read these pictures many times faster than the source.
_PROXY_WIDTH = 160
_TILE_WIDTH = 160
_TILE_INTERVAL_S = 1.0
_MAX_TILES = 100
_COLUMNS = 10


def plan_pictures(rungs: tuple[Rung, ...], preset: Preset = "balanced") -> TranscodePlan:
    """Returns the plan for a ladder."""
    return TranscodePlan(
        rungs=rungs,
        gop_s=GOP_S,
        max_output_fps=MAX_OUTPUT_FPS,
        proxy_size=_within(_PROXY_WIDTH, rungs),
        preset=preset,
    )


def without_copy(plan: TranscodePlan) -> TranscodePlan:
    """Returns the plan with all of its rungs encoded."""
    return replace(plan, rungs=tuple(replace(rung, copy=False) for rung in plan.rungs))


def plan_sound(media: MediaInfo) -> SoundPlan | None:
    """Returns the plan for a source's sound; None when it has none."""
    return SoundPlan(bitrate_bps=_AUDIO_BPS) if media.audio else None


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
    smallest = min(rungs, key=lambda rung: rung.width)
    width = min(width, smallest.width)
    return width, max(round(width * smallest.height / smallest.width / 2) * 2, 2)
