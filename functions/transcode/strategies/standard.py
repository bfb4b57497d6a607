"""The usual sizes, as far as the source has them."""

from __future__ import annotations

import math
from fractions import Fraction

from shared.domain.encoding import EncodingSettings, Look, Rung
from shared.domain.media import MediaInfo
from shared.processors.ladder import Ladder, LadderPlanner

__all__ = ["StandardLadder"]

_SHORT_SIDES = (1080, 720, 480, 360, 240)
# A source this much larger than the largest usual size it can fill keeps its own size as the top rung.
_NATIVE_ABOVE = 1.1
_CRF = 23.0
# Cap for 1080p at up to 30 frames a second. It follows the pixels with less than their number, for small pictures
# have more detail a pixel, and the frame rate with less than its own, for frames nearer in time differ less.
_TOP_BPS = 5_000_000
_TOP_PIXELS = 1920 * 1080
_PIXELS_POWER = 0.75
_RATE_POWER = 0.5
_RATE = (30, 60)


class StandardLadder(LadderPlanner):
    """1080p, 720p, 480p, 360p and 240p by the short side of the upright picture; never larger than the source.

    Between two of them, and below the smallest, the source's own size is the top rung.
    """

    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        video = media.video[0]
        size = video.display_size
        sides = _short_sides(_even(min(size)))
        return Ladder(rungs=tuple(_rung(side, size, video.fps) for side in sides))


def _short_sides(source: int) -> list[int]:
    sides = [side for side in _SHORT_SIDES if side <= source]
    if not sides or (source < _SHORT_SIDES[0] and source > sides[0] * _NATIVE_ABOVE):
        sides.insert(0, source)
    return sides


def _rung(side: int, size: tuple[int, int], fps: Fraction) -> Rung:
    share = Fraction(side, min(size))
    longer = _even(max(size) * share)
    width, height = (longer, side) if size[0] >= size[1] else (side, longer)
    return Rung(name=f"{side}p", width=width, height=height, max_bitrate_bps=_cap(width, height, fps), crf=_CRF)


def _cap(width: int, height: int, fps: Fraction) -> int:
    slow, fast = _RATE
    pixels = math.pow(width * height / _TOP_PIXELS, _PIXELS_POWER)
    rate = math.pow(min(max(float(fps), slow), fast) / slow, _RATE_POWER)
    return round(_TOP_BPS * pixels * rate / 1000) * 1000


def _even(length: Fraction | int) -> int:
    """Rounds down, for up could be larger than the source; no picture is smaller than two pixels."""
    return max(int(length) // 2 * 2, 2)
