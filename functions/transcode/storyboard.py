"""Telling players which part of which sheet of the storyboard shows which second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webvtt import Caption, WebVTT

from shared.domain.encoding import StoryboardPlan
from shared.domain.media import MediaInfo
from shared.domain.timecode import timecode

__all__ = ["storyboard_vtt"]


def storyboard_vtt(media: MediaInfo, plan: StoryboardPlan, sheets: Sequence[str]) -> str:
    """Returns WebVTT whose cues name a rectangle of a sheet, as players' previews expect.

    Args:
        media: The source.
        plan: What the storyboard was made by.
        sheets: The pictures' names, relative to the WebVTT file.
    """
    return str(WebVTT(captions=list(_cues(media, plan, sheets))).content)


def _cues(media: MediaInfo, plan: StoryboardPlan, sheets: Sequence[str]) -> Iterator[Caption]:
    width, height = plan.tile_size
    for tile in range(plan.tiles):
        sheet, place = divmod(tile, plan.tiles_a_sheet)
        row, column = divmod(place, plan.grid[0])
        start_s = tile * plan.interval_s
        end_s = min(start_s + plan.interval_s, media.duration_s)
        area = f"{sheets[sheet]}#xywh={column * width},{row * height},{width},{height}"
        yield Caption(timecode(start_s), timecode(end_s), area)
