"""Pictures as JPEG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.programs import literal

__all__ = ["jpeg", "jpegs"]


def jpeg(picture: Any, path: Path) -> Any:
    """Returns the output that writes the first picture of a stream."""
    return _output(picture, path, {"frames:v": 1, "update": 1})  # the name is a name, not a pattern of numbers


def jpegs(pictures: Any, paths: Sequence[Path]) -> Any:
    """Returns the output that writes the first pictures of a stream, one a file.

    Args:
        pictures: The stream.
        paths: In one folder, named alike but for numbers of three digits before the extension, 1 and up.
    """
    first = str(paths[0]).replace("%", "%%")  # only the number is one
    return _output(pictures, Path(first.replace("001.jpg", "%03d.jpg")), {"frames:v": len(paths)})


def _output(picture: Any, path: Path, which: dict[str, int]) -> Any:
    # A JPEG can't say which matrix and range it has: these are the ones that every reader assumes.
    picture = picture.filter("scale", out_color_matrix="bt601", out_range="pc")
    options = {
        **which,
        "q:v": 3,  # 2 to 31, less is better; artefacts can't be seen from here on
        "vcodec": "mjpeg",
        "map_metadata": -1,
        "format": "image2",
    }
    return picture.output(literal(path), **options)
