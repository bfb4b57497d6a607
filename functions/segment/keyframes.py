"""Which picture stands for a shot: a sharp, typical, calm one that is neither black nor half another shot.

Of pictures that are hardly worse than the best it is a key frame: any other can only be had by decoding all that lies
between it and the key frame before, which took more time than finding the shots.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from functions.segment.picture_samples import PictureSamples, Sample, likeness_of_colors, usual_colors
from shared.domain.records import Segment

__all__ = ["keyframe_times"]

_MAX_MARGIN = 0.4
"""Part of a shot that may be kept clear of at each end for its transitions."""

_HARDLY_WORSE = 0.8
"""Part of the best picture's merit that is enough for one that costs nothing."""

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
    leaving_s = [*((shot.transition_s or 0.0) for shot in shots[1:]), 0.0]
    return [
        _keyframe_s(shot, tail_s, pictures, key_frames_s) for shot, tail_s in zip(shots, leaving_s, strict=True)
    ]


def _keyframe_s(
    shot: Segment, leaving_s: float, pictures: PictureSamples, key_frames_s: Sequence[float]
) -> float:
    length_s = shot.end_s - shot.start_s
    # How the span of a transition lies around the boundary depends on its kind: all of it is kept clear of.
    start_s = shot.start_s + min(shot.transition_s or 0.0, _MAX_MARGIN * length_s)
    end_s = shot.end_s - min(leaving_s, _MAX_MARGIN * length_s)
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
    near = [(min(samples, key=lambda sample: abs(sample.time_s - key_s)), key_s) for key_s in keys]
    near = [(sample, key_s) for sample, key_s in near if abs(sample.time_s - key_s) <= _SAME_S]
    cheapest, key_s = max(near, key=lambda one: merit(one[0]), default=(best, best.time_s))
    return key_s if merit(cheapest)[0] >= _HARDLY_WORSE * merit(best)[0] else best.time_s
