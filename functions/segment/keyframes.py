"""Which picture stands for a shot: a sharp, typical, calm one that is neither black nor half another shot.

Of those that are hardly worse than the best it is the one next to the key frame before it: all that lies between
has to be decoded to have it, which took more time than finding the shots.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from functions.segment.picture_samples import PictureSamples, Sample, likeness_of_colors, usual_colors
from shared.domain.records import Segment
from shared.domain.segments import clear_spans

__all__ = ["keyframe_times"]

_MAX_MARGIN = 0.4
"""Part of a shot that may be kept clear of at each end for its transitions."""

_HARDLY_WORSE = 0.8
"""Part of the best picture's merit that is enough for one that costs less."""

_SAME_S = 0.1
"""How far a picture may be from a sample that is to speak for it: half of what lies between samples."""


def keyframe_times(
    shots: Sequence[Segment], pictures: PictureSamples, key_frames_s: Sequence[float] = ()
) -> list[float]:
    """Returns the presentation time of the picture that stands for each shot.

    Args:
        shots: In time order.
        pictures: Samples of the whole video.
        key_frames_s: When the key frames of the file that the pictures are taken from are shown, in order.
    """
    return [
        _keyframe_s(shot, clear_s, pictures, key_frames_s)
        for shot, clear_s in zip(shots, clear_spans(shots), strict=True)
    ]


def _keyframe_s(
    shot: Segment, clear_s: tuple[float, float], pictures: PictureSamples, key_frames_s: Sequence[float]
) -> float:
    margin_s = _MAX_MARGIN * (shot.end_s - shot.start_s)
    start_s, end_s = min(clear_s[0], shot.start_s + margin_s), max(clear_s[1], shot.end_s - margin_s)
    samples = [sample for sample in pictures.between(start_s, end_s) if shot.start_s <= sample.time_s < shot.end_s]
    if not samples:
        return (start_s + end_s) / 2
    typical = usual_colors(samples)
    sharpest = max(sample.sharpness for sample in samples)
    liveliest = max(sample.change for sample in samples)
    middle_s = (start_s + end_s) / 2

    def merit(sample: Sample) -> tuple[float, float]:
        sharp = sample.sharpness / sharpest if sharpest else 1.0
        calm = 1 - 0.5 * sample.change / liveliest if liveliest else 1.0
        merit = sharp * calm * likeness_of_colors(sample.colors, typical)
        return merit * (not sample.shows_nothing), -abs(sample.time_s - middle_s)

    best = max(samples, key=merit)
    keys = key_frames_s[bisect_left(key_frames_s, start_s) : bisect_left(key_frames_s, end_s)]
    offered = [(sample.time_s, sample) for sample in samples]
    offered += [(key_s, min(samples, key=lambda sample: abs(sample.time_s - key_s))) for key_s in keys]
    good = [
        (time_s, sample)
        for time_s, sample in offered
        if merit(sample)[0] >= _HARDLY_WORSE * merit(best)[0] and abs(time_s - sample.time_s) <= _SAME_S
    ]
    if not key_frames_s:
        return best.time_s
    return min(good, key=lambda one: _since_key_s(one[0], key_frames_s))[0]


def _since_key_s(time_s: float, key_frames_s: Sequence[float]) -> float:
    """Returns how long before a picture the key frame is that it is made from."""
    before = bisect_right(key_frames_s, time_s)
    return time_s - key_frames_s[max(before - 1, 0)]
