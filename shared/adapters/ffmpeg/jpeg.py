"""Pictures as JPEG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.programs import literal

__all__ = ["jpegs"]


def jpegs(pictures: Any, paths: Sequence[Path]) -> Any:
    """Returns the output that writes the first pictures of a stream, one a file.

    Args:
        pictures: The stream.
        paths: In one folder, named alike but for numbers of three digits before the extension, 1 and up.
    """
    first = str(paths[0]).replace("%", "%%")  # only the number is one
    pattern = Path(first.replace("001.jpg", "%03d.jpg"))
    # A JPEG can't say which matrix and range it has: these are the ones that every reader assumes.
    pictures = pictures.filter("scale", out_color_matrix="bt601", out_range="pc")
    options = {
        "frames:v": len(paths),
        "fps_mode": "passthrough",  # none repeated to fill the time between two
        "enc_time_base": "demux",  # rounded to a frame rate, two pictures may get the same time, which is refused
        "q:v": 3,  # 2 to 31, less is better; artefacts can't be seen from here on
        "vcodec": "mjpeg",
        "map_metadata": -1,
        "format": "image2",
    }
    return pictures.output(literal(pattern), **options)
