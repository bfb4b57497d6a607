"""Times as subtitle files write them."""

from __future__ import annotations

__all__ = ["timecode"]


def timecode(time_s: float) -> str:
    """Returns seconds as ``HH:MM:SS.mmm``."""
    milliseconds = round(time_s * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
