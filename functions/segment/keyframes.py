"""Which picture stands for a shot: a sharp, typical, calm one that is neither black nor half another shot."""

from __future__ import annotations

from collections.abc import Sequence

from functions.segment.picture_samples import PictureSamples, Sample, likeness_of_colors, usual_colors
from shared.domain.records import Segment

__all__ = ["keyframe_times"]

_MAX_MARGIN = 0.4
"""Part of a shot that may be kept clear of at each end for its transitions."""


def keyframe_times(shots: Sequence[Segment], pictures: PictureSamples) -> list[float]:
    """Returns the presentation time of the picture that stands for each shot.

    Args:
        shots: In time order.
        pictures: Samples of the whole video.
    """
    leaving_s = [*((shot.transition_s or 0.0) for shot in shots[1:]), 0.0]
    return [_keyframe_s(shot, tail_s, pictures) for shot, tail_s in zip(shots, leaving_s, strict=True)]


def _keyframe_s(shot: Segment, leaving_s: float, pictures: PictureSamples) -> float:
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

    return max(samples, key=merit).time_s
