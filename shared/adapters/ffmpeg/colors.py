"""Pictures as every player understands them: upright, square pixels, opaque, progressive, 8 bit, in named SDR colours.

Colours that every player knows (BT.709 and both kinds of BT.601) stay what they are. All others become BT.709:
wide gamuts are converted, HDR is tone-mapped. What a file does not say about its colours, or says wrongly, is decided
here and told to each filter, for one that is left to guess fails or guesses otherwise than the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.encoding import Rung
from shared.domain.media import VideoStream

__all__ = ["Colors", "meant", "upright"]

# Pictures of at least this size are high definition, which is BT.709 where nothing is written.
_HD = (1280, 720)
# Lines of European standard definition, whole and by halves.
_PAL_LINES = (576, 288)

# What players know, matrices and primaries, so that it is kept.
_KEPT = ("bt709", "smpte170m", "bt470bg")
_KEPT_TRANSFERS = ("bt709", "smpte170m", "bt470bg", "iec61966-2-1")
# The same curve as BT.709's under other names.
_LIKE_BT709 = ("bt2020-10", "bt2020-12", "iec61966-2-4", "bt1361e")
# What swscale and zimg can convert; anything else is as good as nothing written.
_MATRICES = (*_KEPT, "fcc", "smpte240m", "bt2020nc", "gbr")
_PRIMARIES = (
    *("bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte431", "smpte432"),
    "jedec-p22",
)
_TRANSFERS = (*_KEPT_TRANSFERS, "bt470m", "smpte240m", "linear", "log100", "log316", "smpte2084", "arib-std-b67")
_HDR = ("smpte2084", "arib-std-b67")

_RGB = re.compile(r"(gbr|rgb|bgr|[ax](rgb|bgr)|0(rgb|bgr)|pal8|x2)")
_ALPHA = re.compile(r"(yuva|gbrap|argb|rgba|abgr|bgra|ya\d|pal8)")

# Diffuse white in HDR, cd/m2 (ITU-R BT.2408): it becomes 1.0, as it is in SDR.
_HDR_WHITE = 203
# The brightest that masters are made for; what is above is clipped. What files say of themselves is often wrong.
_HDR_PEAK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Colors:
    """What the numbers of a picture mean, by FFmpeg's names."""

    matrix: str
    primaries: str
    transfer: str
    range: str

    @property
    def kept(self) -> Colors | None:
        """The same colours as every player shows them right; None when they have to be converted."""
        matrix = "bt709" if self.matrix == "gbr" else self.matrix
        players_know = matrix in _KEPT and self.primaries in _KEPT and self.transfer in _KEPT_TRANSFERS
        return replace(self, matrix=matrix, range="tv") if players_know else None


_BT709 = Colors(matrix="bt709", primaries="bt709", transfer="bt709", range="tv")


def meant(video: VideoStream) -> Colors:
    """Returns the colours of a source: as written, and what players assume for what is not, or can't be true."""
    rgb = bool(_RGB.match(video.pixel_format))
    transfer = "bt709" if video.color_transfer in _LIKE_BT709 else video.color_transfer
    transfer = transfer if transfer in _TRANSFERS else ""
    matrix = "gbr" if rgb else video.color_space
    if matrix not in _MATRICES or (matrix == "gbr" and not rgb):
        matrix = _assumed_matrix(video, transfer)
    primaries = (
        video.color_primaries
        if video.color_primaries in _PRIMARIES
        else _assumed_primaries(video, matrix, transfer)
    )
    full = rgb or video.color_range == "pc" or video.pixel_format.startswith("yuvj")
    if not transfer:
        transfer = "smpte170m" if primaries in {"smpte170m", "bt470bg"} else "bt709"
    return Colors(matrix=matrix, primaries=primaries, transfer=transfer, range="pc" if full else "tv")


def _assumed_matrix(video: VideoStream, transfer: str) -> str:
    if transfer in _HDR or video.color_primaries == "bt2020":
        return "bt2020nc"
    if video.width >= _HD[0] or video.height >= _HD[1]:
        return "bt709"
    return "bt470bg" if video.height in _PAL_LINES else "smpte170m"


def _assumed_primaries(video: VideoStream, matrix: str, transfer: str) -> str:
    if transfer in _HDR or matrix == "bt2020nc":
        return "bt2020"
    # A JPEG has the primaries of sRGB, which are those of BT.709, whatever its matrix.
    return matrix if matrix in _KEPT and video.codec != "mjpeg" else "bt709"


def upright(picture: Any, video: VideoStream, rung: Rung, *, deinterlace: bool) -> Any:
    """The largest rung's pictures: upright (FFmpeg turns them by itself), square pixels, progressive, named colours.

    Args:
        picture: The decoded source.
        video: What it is.
        rung: The size.
        deinterlace: Whether its frames hold two moments each.
    """
    colors, kept = meant(video), meant(video).kept
    # Until they are converted, colours that swscale does not know go by names that it does: it refuses the others
    # even where all it has to do is to scale.
    picture = picture.filter("setparams", **_tags(kept or replace(colors, primaries="bt709", transfer="bt709")))
    if deinterlace:
        # idet tells bwdif which field comes first, whatever the file says of it. One picture a frame, as before.
        picture = picture.filter("idet").filter("bwdif", mode="send_frame", deint="all")
    if _ALPHA.match(video.pixel_format):
        # Over black, which is to multiply; the filter wants whole chroma.
        whole = "gbrap12le" if colors.matrix == "gbr" else "yuva444p12le"
        picture = picture.filter("format", whole).filter("premultiply", inplace=1)
    picture = _kept(picture, rung, kept) if kept else _converted(picture, rung, colors)
    return picture.filter("setsar", 1).filter("format", "yuv420p").filter("setparams", **_tags(kept or _BT709))


def _kept(picture: Any, rung: Rung, colors: Colors) -> Any:
    return picture.filter("scale", rung.width, rung.height, out_color_matrix=colors.matrix, out_range="tv")


def _converted(picture: Any, rung: Rung, colors: Colors) -> Any:
    """BT.709, by way of the smallest pictures that will do: what comes now is costly."""
    rgb = colors.matrix == "gbr"
    picture = picture.filter("scale", rung.width, rung.height, out_range="pc" if rgb else "tv")
    picture = picture.filter("format", "gbrp12le" if rgb else "yuv420p12le").filter(
        "setparams", **_tags(replace(colors, range="pc" if rgb else "tv"))
    )
    source = {"min": colors.matrix, "pin": colors.primaries, "tin": colors.transfer, "rin": "pc" if rgb else "tv"}
    bt709 = {"matrix": "bt709", "transfer": "bt709", "range": "tv"}
    if colors.transfer not in _HDR:
        return picture.filter("zscale", **source, primaries="bt709", **bt709)
    light = picture.filter("zscale", **source, transfer="linear", primaries="bt709", matrix="gbr", npl=_HDR_WHITE)
    light = light.filter("format", "gbrpf32le")
    # Mobius leaves what is darker than 0.3 of white exactly as it is and bends only what is brighter. No desat: it
    # takes the sum of RGB for luma, and greys what is bright and coloured.
    sdr = light.filter("tonemap", "mobius", param=0.3, peak=_HDR_PEAK / _HDR_WHITE, desat=0)
    return sdr.filter("zscale", **bt709, dither="ordered")


def _tags(colors: Colors) -> dict[str, str]:
    return {
        "colorspace": colors.matrix,
        "color_primaries": colors.primaries,
        "color_trc": colors.transfer,
        "range": colors.range,
    }
