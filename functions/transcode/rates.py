"""How many bits a second renditions take, and how many they may take at most."""

from __future__ import annotations

import math
from fractions import Fraction

from shared.domain.encoding import MAX_OUTPUT_FPS, Codec, Look, Preset

__all__ = ["CRF", "SHARE", "Demand", "ceiling_bps", "typical_bps"]

CRF: dict[Preset, dict[Codec, float]] = {
    "fast": {"h264": 25.0, "hevc": 25.0, "av1": 37.0},
    "balanced": {"h264": 23.0, "hevc": 24.0, "av1": 38.0},
    "small": {"h264": 26.0, "hevc": 26.0, "av1": 39.0},
}
"""Constant rate factors that come to about the same quality, by VMAF, as the default has."""

SHARE: dict[Codec, float] = {"h264": 1.0, "hevc": 0.7, "av1": 0.55}
"""What codecs take of H.264's bits for the same quality."""

# Cap of typical content for 1080p at up to 30 frames a second. It follows the pixels with less than their number,
# for small pictures have more detail a pixel, and the frame rate with less than its own, for frames nearer in time
# differ less.
_TOP_BPS = 5_000_000
_TOP_PIXELS = 1920 * 1080
_PIXELS_POWER = 0.75
_RATE_POWER = 0.5
_RATE = (30, 60)
# What demanding content may take beyond typical content's cap, and the share of it that easy content is left: what
# comes between the excerpts may be harder than they are.
_CEILING = 1.6
_FLOOR = 0.2
# Bits follow a few excerpts within about half, and the hardest second takes more than the mean.
_HEADROOM = 1.5
# What a pixel takes against one of the look's, as a power of their number: 0 for grain, -0.3 for soft pictures.
_DETAIL_POWER = -0.15
# Six steps of the rate factor halve or double the bits.
_STEPS = 6.0
_LOOK_CRF = 23.0
# Faster presets take more bits at the same rate factor, slower ones buy quality with some.
_PRESET_SHARE: dict[Preset, float] = {"fast": 1.6, "balanced": 1.0, "small": 1.2}


def typical_bps(size: tuple[int, int], fps: Fraction) -> int:
    """Returns the cap of typical content in H.264."""
    slow, fast = _RATE
    pixels = math.pow(size[0] * size[1] / _TOP_PIXELS, _PIXELS_POWER)
    rate = math.pow(min(max(float(fps), slow), fast) / slow, _RATE_POWER)
    return round(_TOP_BPS * pixels * rate / 1000) * 1000


def ceiling_bps(size: tuple[int, int], fps: Fraction) -> int:
    """Returns the most that any content may take in H.264."""
    return round(_CEILING * typical_bps(size, fps) / 1000) * 1000


class Demand:
    """What a source's pictures ask for.

    Args:
        look: What they look like; something must have been decoded.
        fps: Frames a second of the source.
        preset: How they are encoded.
    """

    def __init__(self, look: Look, fps: Fraction, preset: Preset) -> None:
        if look.bits_per_pixel is None or look.peak_bits_per_pixel is None:
            raise ValueError("nothing was seen")
        steps = _LOOK_CRF - CRF[preset]["h264"]
        share = _PRESET_SHARE[preset] * math.pow(2, steps / _STEPS) * float(min(fps, MAX_OUTPUT_FPS))
        self._pixels = look.size[0] * look.size[1]
        self._mean = look.bits_per_pixel * share
        self._peak = look.peak_bits_per_pixel * share
        self._fps = fps

    def mean_bps(self, size: tuple[int, int]) -> float:
        """Returns what pictures of a size should take in H.264, without a cap."""
        return self._mean * self._scaled(size)

    def cap_bps(self, size: tuple[int, int]) -> int:
        """Returns what they may take at most in H.264: enough for the hardest excerpt, within bounds."""
        ceiling = ceiling_bps(size, self._fps)
        wanted = _HEADROOM * self._peak * self._scaled(size)
        return round(min(max(wanted, _FLOOR * ceiling), ceiling) / 1000) * 1000

    def _scaled(self, size: tuple[int, int]) -> float:
        pixels = size[0] * size[1]
        return pixels * math.pow(pixels / self._pixels, _DETAIL_POWER)
