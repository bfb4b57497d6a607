"""Pictures as every player understands them: upright, square pixels, progressive, 8 bit, with named colours."""

from __future__ import annotations

from typing import Any

from shared.domain.encoding import Rung
from shared.domain.media import VideoStream

__all__ = ["upright"]

# Pictures of at least this size are high definition, which is BT.709 where nothing is written.
_HD = (1280, 720)


def upright(picture: Any, video: VideoStream, rung: Rung) -> Any:
    """The largest rung's pictures: upright (FFmpeg turns them by itself), square pixels, named colours."""
    if video.interlaced:
        # One picture a frame, as many as before; pictures that are whole already stay as they are.
        picture = picture.filter("bwdif", mode="send_frame", deint="interlaced")
    size = {"w": rung.width, "h": rung.height}
    if video.color_space not in {"", "gbr"}:
        return picture.filter("scale", **size, out_range="tv").filter("setsar", 1).filter("format", "yuv420p")
    # Nothing is written: take what players would take for a picture of the source's size, and write it down,
    # for players would guess otherwise from the size of a smaller rung.
    hd = video.width >= _HD[0] or video.height >= _HD[1]
    colors = "bt709" if hd else "smpte170m"
    picture = picture.filter("scale", **size, in_color_matrix=colors, out_color_matrix=colors, out_range="tv")
    picture = picture.filter("setsar", 1).filter("format", "yuv420p")
    return picture.filter("setparams", colorspace=colors, color_primaries=colors, color_trc=colors)
