"""How long a transcode will take, as far as its size tells before it begins."""

from __future__ import annotations

from typing import Final

from shared.domain.encoding import EncodingSettings
from shared.domain.media import MediaInfo
from shared.domain.video import Video
from shared.processors.ladder import LadderPlanner

__all__ = ["expected_media_s", "expected_s", "pixels"]

_PIXELS_PER_S: Final = 100_000_000
"""Pixels of the source and of all rungs together that are decoded, scaled and encoded in a second.

Measured with whole transcodes by the bundled FFmpeg on two cores: 148 million for a 1202x676 advert, 157 million
for the same at 1080p, 183 million at 2160p in HEVC, 206 million for an 854x480 trailer. A cloud CPU is slower, and
more of them hardly help: the largest rung, half of the work, is encoded by one thread. Pure noise comes to 46
million for each CPU-second, which the runtime's margin covers.
"""

_SOUND_S_PER_S: Final = 40
"""Seconds of sound alone that are decoded and encoded in a second; beside pictures it takes no time of its own.

Half of what was measured for ten minutes of stereo noise in MP3, for what else is done with them.
"""


def expected_s(ladder: LadderPlanner, video: Video) -> float:
    """Returns how many seconds a transcode should take, rather too many than too few.

    Args:
        ladder: Plans the renditions.
        video: The video; one that was never measured is refused at once.
    """
    return 0.0 if video.media is None else expected_media_s(ladder, video.media)


def expected_media_s(ladder: LadderPlanner, media: MediaInfo) -> float:
    """Returns how many seconds a transcode of something measured should take."""
    if media.kind == "audio":
        return media.duration_s / _SOUND_S_PER_S
    return pixels(ladder, media) / _PIXELS_PER_S


def pixels(ladder: LadderPlanner, media: MediaInfo) -> float:
    """Returns how many pixels a transcode decodes and encodes, those of the source and of all rungs; 0 for sound."""
    if media.kind == "audio":
        return 0.0
    source = media.video[0]
    frames = source.frames or source.duration_s * source.fps
    rungs = ladder.plan(media, None, EncodingSettings()).rungs
    each = source.width * source.height + sum(rung.width * rung.height for rung in rungs)
    return float(each * frames)
