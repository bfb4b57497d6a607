"""How long a transcode will take, as far as its size tells before it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from shared.domain.encoding import LARGEST_RUNG_THREADS, EncodingSettings, TranscodePlan
from shared.domain.media import MediaInfo
from shared.domain.video import Video
from shared.ports.job_runner import TaskPool
from shared.processors.ladder import LadderPlanner

__all__ = ["Estimate", "estimate", "expected_media_s", "expected_s", "pixels"]

_PIXELS_PER_S: Final = 100_000_000
"""Pixels of the source and of all rungs together that are decoded, scaled and encoded in a second.

Measured with whole transcodes by the bundled FFmpeg on two cores: 148 million for a 1202x676 advert, 157 million
for the same at 1080p, 183 million at 2160p in HEVC, 206 million for an 854x480 trailer. A cloud CPU is slower, and
more than four of them hardly help: the largest rung, half of the work, is encoded by two threads. Pure noise comes
to 46 million for each CPU-second, which the runtime's margin covers.
"""

_SOUND_S_PER_S: Final = 40
"""Seconds of sound alone that are decoded and encoded in a second; beside pictures it takes no time of its own.

Half of what was measured for ten minutes of stereo noise in MP3, for what else is done with them.
"""

_CORE_PIXELS_PER_S: Final = _PIXELS_PER_S / 2
"""The same for each of those two cores."""

_CHUNKED_WORK: Final = 1.03
"""What chunks of 24 seconds cost, in shares of the whole: their starts are decoded from a key frame before."""

_HANDLING_S: Final = 0.5
"""What a chunk takes of whoever cuts, stores, fetches and joins it, one after the other."""


def expected_s(ladder: LadderPlanner, settings: EncodingSettings, video: Video) -> float:
    """Returns how many seconds a transcode should take, rather too many than too few.

    Args:
        ladder: Plans the renditions.
        settings: What the deployment encodes with.
        video: The video; one that was never measured is refused at once.
    """
    return 0.0 if video.media is None else expected_media_s(ladder, settings, video.media)


def expected_media_s(ladder: LadderPlanner, settings: EncodingSettings, media: MediaInfo) -> float:
    """Returns how many seconds a transcode of something measured should take."""
    if media.kind == "audio":
        return media.duration_s / _SOUND_S_PER_S
    return pixels(ladder, settings, media) / _PIXELS_PER_S


def pixels(ladder: LadderPlanner, settings: EncodingSettings, media: MediaInfo) -> float:
    """Returns how many pixels of the source and of all rungs a transcode decodes and encodes; sound has none."""
    if media.kind == "audio":
        return 0.0
    source = media.video[0]
    rungs = ladder.plan(media, None, settings).rungs
    each = source.width * source.height + sum(rung.width * rung.height for rung in rungs)
    # Not whole frames: what is simulated with this has fractions of them.
    return float(each * (source.frames or source.duration_s * source.fps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long the pictures take, in seconds.

    Attributes:
        whole_s: With one process.
        chunked_s: With a process a chunk, several at a time.
    """

    whole_s: float
    chunked_s: float


def estimate(media: MediaInfo, plan: TranscodePlan, pool: TaskPool, cores: float, chunk_s: float) -> Estimate:
    """Returns how long the pictures will take whole and in chunks.

    A few threads encode the rungs, so that more cores than those are of no use to one process; many processes pay
    for what they decode twice, and for being started, fed and put together.

    Args:
        media: The source.
        plan: What is made of it.
        pool: Where chunks are encoded.
        cores: What this process has.
        chunk_s: Seconds of a chunk.
    """
    source = media.video[0]
    frames = source.expected_frames
    rungs = [rung.width * rung.height for rung in plan.rungs if not rung.copy]
    # The decoder is a thread of its own beside them.
    total = frames * (source.width * source.height + sum(rungs)) / _CORE_PIXELS_PER_S
    longest_thread = frames * max(rungs, default=0) / _CORE_PIXELS_PER_S
    chunks = max(math.ceil(source.duration_s / chunk_s), 1)
    rounds = math.ceil(chunks / pool.workers)
    each_s = max(total / pool.cores, longest_thread) / chunks
    return Estimate(
        whole_s=max(total / cores, longest_thread / LARGEST_RUNG_THREADS),
        chunked_s=_CHUNKED_WORK * rounds * each_s + pool.start_s + _HANDLING_S * chunks,
    )
