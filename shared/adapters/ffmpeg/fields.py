"""Whether frames hold two moments: measured, for what files say about it is often wrong both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.media import VideoStream

__all__ = ["fields_told", "is_interlaced", "told_order"]

# What idet calls each frame: tff, bff, progressive or undetermined.
_FIELD_ORDER = "lavfi.idet.multiple.current_frame"

# How much worse one order of the fields must fit than the other. At FFmpeg's 1.04 fine patterns that move pass for
# fields; where there are few lines, each detail is such a pattern.
_THRESHOLD, _THRESHOLD_SMALL = 1.2, 1.5
_SMALL_LINES = 400


def fields_told(picture: Any, video: VideoStream) -> Any:
    """Returns a stream as it is, of whose frames FFmpeg writes to its stdout what they hold."""
    threshold = _THRESHOLD_SMALL if video.height < _SMALL_LINES else _THRESHOLD
    judged = picture.filter("idet", intl_thres=threshold)
    return judged.filter("metadata", "print", key=_FIELD_ORDER, file="pipe:1", direct=1)


def told_order(line: bytes) -> str:
    """Returns what a line of stdout calls a frame; nothing if it is about something else."""
    key, _, order = line.decode().strip().partition("=")
    return order if key == _FIELD_ORDER else ""


def is_interlaced(video: VideoStream, orders: Mapping[str, int]) -> bool:
    """Says whether a source is interlaced, by how often its frames were called what.

    A source that says it is interlaced is, unless more of them are whole than are not; one that doesn't say so is
    if most of them are not whole. No codec is left out: what can't store fields may have been made of them.
    """
    # Damaged frames are the encoding's to judge: whatever was seen has to do.
    fields = orders.get("tff", 0) + orders.get("bff", 0)
    if video.interlaced:
        return fields >= orders.get("progressive", 0)
    return 2 * fields > sum(orders.values())
