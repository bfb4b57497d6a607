"""Scenes: runs of shots that belong together because pictures come back, as in a dialogue, or talk goes on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from functions.segment.picture_samples import FLASH_S, Colors, PictureSamples, likeness_of_colors, usual_colors
from shared.domain.records import Segment

__all__ = ["group_scenes"]

_PRODUCER = "scenes"
_VERSION = "3"

_ALIKE = 0.6
"""Part of the colours two shots must share to be of one scene."""

_ONE_TONE = 0.8
"""Part of a picture in one colour from which it shows next to nothing: cards are alike whatever lies between."""

_REACH_SHOTS = 6
_REACH_S = 30.0
"""How far back a shot looks for its like: across a dialogue, not across the film."""

_LONG_SILENCE_S = 1.5

_EDGE_S = 0.25
"""What is spoken so near to a cut was not cut in two: detectors of speech are no surer of its edges."""

_LONGEST_SENTENCE_S = 20.0
"""Who speaks for longer without drawing breath sings, or a crowd does: that holds nothing together."""


def group_scenes(
    shots: Sequence[Segment], others: Sequence[Segment], pictures: PictureSamples
) -> tuple[list[Segment], list[Segment]]:
    """Returns the scenes, which tile the shots, and the shots with the index of their scene.

    A shot joins the scene of an earlier one that it looks like, and takes along what lies between: A-B-A is one
    scene. Pictures of almost one tone, such as black and empty cards, take nothing along. Nor does a scene begin
    in the middle of a sentence. A fade ends a scene whatever is seen or heard across it, and so does a long
    silence. A flash goes to the scene that it looks more like.

    Args:
        shots: In time order, without gaps.
        others: Segments of other kinds, each kind in time order; silences and speech count.
        pictures: Samples of the whole video.
    """
    looks = [usual_colors(pictures.between(shot.start_s, shot.end_s)) for shot in shots]
    silences = [s for s in others if s.kind == "silence" and s.end_s - s.start_s >= _LONG_SILENCE_S]
    sentences = [s for s in others if s.kind == "speech" and s.end_s - s.start_s <= _LONGEST_SENTENCE_S]
    silent = _cut_across([shot.start_s for shot in shots], silences, 0.0)
    spoken = _cut_across([shot.start_s for shot in shots], sentences, _EDGE_S)
    firsts: list[int] = []
    since_break = 0
    for index, shot in enumerate(shots):
        if shot.transition_in == "fade" or silent[index]:
            since_break = index
        linked = _earliest_alike(index, since_break, shots, looks)
        if linked == index > since_break and spoken[index]:
            linked = index - 1
        while firsts and firsts[-1] > linked:
            firsts.pop()
        if not firsts or linked == index:
            firsts.append(index)
    return _scenes(shots, _without_flashes(firsts, shots, looks))


def _earliest_alike(index: int, since: int, shots: Sequence[Segment], looks: Sequence[Colors]) -> int:
    """Returns the earliest shot within reach that looks like the one at an index; that index if there is none."""
    for earlier in range(max(since, index - _REACH_SHOTS), index):
        empty = max(looks[earlier].max(), looks[index].max()) >= _ONE_TONE
        reach_s = 0.0 if empty else _REACH_S
        near = shots[index].start_s - shots[earlier].end_s <= reach_s
        if near and likeness_of_colors(looks[earlier], looks[index]) >= _ALIKE:
            return earlier
    return index


def _without_flashes(firsts: Sequence[int], shots: Sequence[Segment], looks: Sequence[Colors]) -> list[int]:
    """Returns the scenes' first shots without scenes that are too short to be seen."""
    kept: list[int] = []
    start = 0
    for end in [*firsts[1:], len(shots)]:
        is_last = end == len(shots)
        if shots[end - 1].end_s - shots[start].start_s < FLASH_S and (kept or not is_last):
            before = likeness_of_colors(looks[start - 1], looks[start]) if kept else -1.0
            after = likeness_of_colors(looks[end - 1], looks[end]) if not is_last else -1.0
            if before > after:
                start = end
        else:
            kept.append(start)
            start = end
    return kept


def _cut_across(times_s: Sequence[float], spans: Sequence[Segment], edge_s: float) -> list[bool]:
    """Tells for each time whether it lies inside of a span, and not just at its edge.

    Args:
        times_s: In order.
        spans: In order, apart from each other.
        edge_s: How far inside in seconds.
    """
    starts_s = [span.start_s for span in spans]
    crossed = []
    for time_s in times_s:
        before = bisect_right(starts_s, time_s) - 1
        crossed.append(before >= 0 and starts_s[before] + edge_s < time_s < spans[before].end_s - edge_s)
    return crossed


def _scenes(shots: Sequence[Segment], firsts: Sequence[int]) -> tuple[list[Segment], list[Segment]]:
    scenes: list[Segment] = []
    members: list[Segment] = []
    for number, (first, end) in enumerate(pairwise([*firsts, len(shots)])):
        scene = Segment(
            kind="scene",
            index=number,
            start_s=shots[first].start_s,
            end_s=shots[end - 1].end_s,
            producer=_PRODUCER,
            producer_version=_VERSION,
        )
        scenes.append(scene)
        members += [replace(shot, scene=number) for shot in shots[first:end]]
    return scenes, members
