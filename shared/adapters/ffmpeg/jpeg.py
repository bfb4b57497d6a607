"""Pictures as JPEG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.programs import literal

__all__ = ["jpeg"]


def jpeg(picture: Any, path: Path) -> Any:
    """Returns the output that writes the first picture of a stream."""
    # A JPEG can't say which matrix and range it has: these are the ones that every reader assumes.
    picture = picture.filter("scale", out_color_matrix="bt601", out_range="pc")
    options = {
        "frames:v": 1,
        "update": 1,  # the name is a name, not a pattern of numbers
        "q:v": 3,  # 2 to 31, less is better; artefacts can't be seen from here on
        "vcodec": "mjpeg",
        "map_metadata": -1,
        "format": "image2",
    }
    return picture.output(literal(path), **options)
