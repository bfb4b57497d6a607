"""Telling players which part of the storyboard shows which second."""

from __future__ import annotations

from collections.abc import Iterator

from webvtt import Caption, WebVTT

from functions.transcode.plan import tile_count
from shared.domain.encoding import StoryboardPlan
from shared.domain.media import MediaInfo
from shared.domain.timecode import timecode

__all__ = ["storyboard_vtt"]


def storyboard_vtt(media: MediaInfo, plan: StoryboardPlan, sprite: str) -> str:
    """Returns WebVTT whose cues name a rectangle of the sprite, as players' previews expect.

    Args:
        media: The source.
        plan: What the storyboard was made by.
        sprite: The picture's name, relative to the WebVTT file.
    """
    return str(WebVTT(captions=list(_cues(media, plan, sprite))).content)


def _cues(media: MediaInfo, plan: StoryboardPlan, sprite: str) -> Iterator[Caption]:
    width, height = plan.tile_size
    for tile in range(tile_count(media, plan.interval_s)):
        row, column = divmod(tile, plan.grid[0])
        start_s = tile * plan.interval_s
        end_s = min(start_s + plan.interval_s, media.duration_s)
        area = f"{sprite}#xywh={column * width},{row * height},{width},{height}"
        yield Caption(timecode(start_s), timecode(end_s), area)
