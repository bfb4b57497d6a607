"""What the clips that are transcoded in tests are made of, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from shared.domain.encoding import Rung, TranscodePlan
from shared.domain.media import MediaInfo
from shared.ports.encoder import EncodedPictures, EncodedSound

MakeClip = Callable[..., Path]


@dataclass(frozen=True)
class Encoded:
    """A clip and all that was made of it."""

    media: MediaInfo
    pictures: EncodedPictures
    sound: EncodedSound | None


Transcode = Callable[..., Encoded]

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2")
SOUND = ("-f", "lavfi", "-i", "sine=440:d=2")
H264 = ("-c:v", "libx264", "-preset", "ultrafast")
# Red in the upper left corner, blue elsewhere: shows which way is up.
CORNER = ("-f", "lavfi", "-i", "color=blue:s=160x120:r=25:d=1,drawbox=c=red:w=80:h=60:t=fill")


def small_plan(*sizes: tuple[int, int]) -> TranscodePlan:
    """Returns a plan with rungs of these sizes and a tiny proxy."""
    rungs = tuple(
        Rung(name=f"{min(size)}p", width=size[0], height=size[1], max_bitrate_bps=1_000_000, crf=18)
        for size in sizes
    )
    return TranscodePlan(
        rungs=rungs,
        gop_s=0.5,
        max_output_fps=Fraction(60),
        proxy_size=(32, 24),
    )
