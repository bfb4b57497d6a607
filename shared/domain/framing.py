"""Parts of a picture."""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["UPRIGHT", "Box"]

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width and height in 0..1 of the picture, from its upper left corner."""

UPRIGHT: Final = 9 / 16
"""Width by height of what fills a phone that is held upright."""
