"""Whether a source's own pictures can be streamed as they are: encoding again costs time and quality."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.compliance import unplayable
from shared.domain.encoding import Look, Rung
from shared.domain.media import MediaInfo

__all__ = ["hindrance"]


def hindrance(media: MediaInfo, look: Look, rung: Rung) -> str | None:
    """Returns why the source can't be the top rung as it is; None when it can.

    Args:
        media: The source.
        look: What its pictures told.
        rung: What the top rung would be.
    """
    if reason := unplayable(media.video[0]):
        return reason
    untimed = (media.lacks_presentation_times, "it does not say when its frames are shown")
    tests = (untimed, *_seen(look), *_rate(media, rung))
    return next((reason for wrong, reason in tests if wrong), None)


def _seen(look: Look) -> Iterator[tuple[bool, str]]:
    yield look.interlaced, "it is interlaced"
    yield not look.is_aligned, "some segments would not start with a key frame (IDR), or its size or shape changes"


def _rate(media: MediaInfo, rung: Rung) -> Iterator[tuple[bool, str]]:
    video = media.video[0]
    yield (
        (video.width, video.height) != (rung.width, rung.height),
        f"it is {video.width}x{video.height}, not {rung.width}x{rung.height}",
    )
    # Where the stream says nothing of its rate, the file's is the most that it can be.
    rate = video.bitrate_bps or media.size_bytes * 8 / media.duration_s
    yield (
        rate > rung.max_bitrate_bps,
        f"it takes {rate / 1e6:.2f} Mbit/s where {rung.max_bitrate_bps / 1e6:.2f} are enough",
    )
