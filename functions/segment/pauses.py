"""Scenes of sound alone: what is said between two pauses belongs together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.domain.media import MediaInfo
from shared.domain.records import Segment

__all__ = ["scenes_by_pauses"]

_PRODUCER = "pauses"
_VERSION = "1"

_PAUSE_S = 1.5
"""Longer than anybody draws breath; also what ends a scene in pictures."""

_MIN_SCENE_S = 10.0
"""Less is a remark; it stays with what was said before."""


def scenes_by_pauses(others: Sequence[Segment], media: MediaInfo) -> list[Segment]:
    """Returns scenes, at least one, that tile the recording; each but the first begins where a pause ends.

    A pause is a stretch in which nobody speaks, be it music; where nobody ever speaks, it is a silence.

    Args:
        others: What was found by listening, each kind in time order.
        media: The recording.
    """
    starts_s = [0.0]
    for start_s in _ends_of_pauses(others):
        if start_s - starts_s[-1] >= _MIN_SCENE_S and media.duration_s - start_s >= _MIN_SCENE_S:
            starts_s.append(start_s)
    return [
        Segment(
            kind="scene",
            index=index,
            start_s=start_s,
            end_s=end_s,
            producer=_PRODUCER,
            producer_version=_VERSION,
        )
        for index, (start_s, end_s) in enumerate(pairwise([*starts_s, media.duration_s]))
    ]


def _ends_of_pauses(others: Sequence[Segment]) -> Iterator[float]:
    speech = [segment for segment in others if segment.kind == "speech"]
    for before, after in pairwise(speech):
        if after.start_s - before.end_s >= _PAUSE_S:
            yield after.start_s
    for silence in others if not speech else ():
        if silence.kind == "silence" and silence.end_s - silence.start_s >= _PAUSE_S:
            yield silence.end_s
