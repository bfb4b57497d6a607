"""When the picture ends."""

from __future__ import annotations

from shared.domain.media import VideoStream

__all__ = ["end_of_picture_s"]


def end_of_picture_s(stream: VideoStream, last_s: float) -> float:
    """Returns when the last frame stops being shown: as the file says, else a mean frame after it began.

    Args:
        stream: The picture stream.
        last_s: Presentation time of its last frame.
    """
    stated_s = stream.start_s + stream.duration_s
    return stated_s if stated_s > last_s else last_s + 1 / float(stream.fps)
