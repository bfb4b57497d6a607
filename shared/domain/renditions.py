"""Choosing among a video's renditions."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.errors import PermanentError
from shared.domain.records import Rendition

__all__ = ["smallest_rendition"]


def smallest_rendition(renditions: Sequence[Rendition], short_side: int) -> Rendition:
    """Returns the smallest picture rendition in H.264 that is large enough; the largest when none is.

    There is always one, and it takes the least to decode.

    Args:
        renditions: Of any kind.
        short_side: Pixels its shorter side should have at least.

    Raises:
        PermanentError: ``not_transcoded``: there is no picture rendition.
    """
    pictures = sorted((one for one in renditions if one.kind == "video" and one.codec == "h264"), key=_short_side)
    if not pictures:
        raise PermanentError("not_transcoded", "The video has no renditions. Replay it from transcode.")
    return next((one for one in pictures if _short_side(one) >= short_side), pictures[-1])


def _short_side(rendition: Rendition) -> int:
    return min(rendition.width or 0, rendition.height or 0)
