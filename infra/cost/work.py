"""The video whose cost is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from functions.transcode.estimate import pixels
from shared.domain.encoding import EncodingSettings
from shared.domain.media import AudioStream, MediaInfo, VideoStream
from shared.processors.ladder import LadderPlanner

__all__ = ["RESOLUTIONS", "Analysis", "Work", "invented_media"]

RESOLUTIONS: Final[Mapping[str, tuple[int, int, float]]] = {
    "360p": (640, 360, 1e6),
    "480p": (854, 480, 2.5e6),
    "720p": (1280, 720, 5e6),
    "1080p": (1920, 1080, 8e6),
    "2160p": (3840, 2160, 35e6),
}
"""Width, height, and bits a second that an upload of this size usually has."""


class Analysis(StrEnum):
    """What looks at the video."""

    DEVICE = "device"
    GEMINI = "gemini"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A video to be processed.

    Attributes:
        media: What it is made of.
        ladder: Plans its renditions.
        analysis: What looks at it.
        encoding: What the deployment encodes with.
    """

    media: MediaInfo
    ladder: LadderPlanner
    analysis: Analysis = Analysis.DEVICE
    encoding: EncodingSettings = field(default_factory=EncodingSettings)

    @property
    def amounts(self) -> Mapping[str, float]:
        """How much there is of what a stage's work grows with."""
        return {
            "media_s": self.media.duration_s,
            "gigapixels": pixels(self.ladder, self.encoding, self.media) / 1e9,
            "rungs": len(self.ladder.plan(self.media, None, self.encoding).rungs) if self.media.video else 0,
            "size_bytes": self.media.size_bytes,
        }


def invented_media(duration_s: float, resolution: str) -> MediaInfo:
    """Returns a video of 30 frames a second with sound.

    Args:
        duration_s: Its length.
        resolution: One of RESOLUTIONS; raises KeyError for another.
    """
    width, height, bits_s = RESOLUTIONS[resolution]
    picture = VideoStream(
        index=0, codec="h264", width=width, height=height, fps=Fraction(30), duration_s=duration_s
    )
    sound = AudioStream(index=1, codec="aac", channels=2, sample_rate_hz=48_000, duration_s=duration_s)
    return MediaInfo(
        container="mov,mp4,m4a,3gp,3g2,mj2",
        duration_s=duration_s,
        size_bytes=round(duration_s * bits_s / 8),
        video=(picture,),
        audio=(sound,),
    )
