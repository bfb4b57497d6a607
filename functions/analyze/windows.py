"""Cutting a video into windows that a model can be asked about at once, where cutting hurts least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from shared.domain.media import Kind
from shared.domain.records import Segment

__all__ = ["Window", "halves_of", "longest_window_s", "windows_of"]

_LONGEST_SOUND_S: Final = 600.0  # about 10 MB, which can be sent along


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The stretch ``[start_s, end_s)`` of a video, and the parts of scenes that lie in it, in order."""

    start_s: float
    end_s: float
    scenes: tuple[tuple[float, float], ...]

    @property
    def length_s(self) -> float:
        """How long it lasts, in seconds."""
        return self.end_s - self.start_s


def longest_window_s(longest_s: float, kind: Kind) -> float:
    """Returns how many seconds of a video, or of sound alone, a model can be asked about that takes so many."""
    return min(longest_s, _LONGEST_SOUND_S) if kind == "audio" else longest_s


def windows_of(segments: Sequence[Segment], duration_s: float, longest_s: float) -> Sequence[Window]:
    """Returns windows of about the same length that together are the video.

    Args:
        segments: Everything the segment stage found. Windows end with scenes, else with shots, else anywhere.
        duration_s: The video's length in seconds.
        longest_s: Seconds a window may last at most.
    """
    return [*_cut(segments, 0.0, duration_s, longest_s)]


def halves_of(window: Window, segments: Sequence[Segment]) -> Sequence[Window]:
    """Returns the window in two."""
    return [*_cut(segments, window.start_s, window.end_s, window.length_s * 0.75)]


def _cut(segments: Sequence[Segment], start_s: float, end_s: float, longest_s: float) -> Iterator[Window]:
    while end_s - start_s > longest_s:
        aim_s = (end_s - start_s) / ceil((end_s - start_s) / longest_s)
        cut_s = _border(segments, start_s + aim_s, start_s + aim_s / 2, start_s + longest_s)
        yield _window(segments, start_s, cut_s)
        start_s = cut_s
    yield _window(segments, start_s, end_s)


def _border(segments: Sequence[Segment], aim_s: float, first_s: float, last_s: float) -> float:
    """Returns where a scene begins nearest to a time, else a shot, else the time itself."""
    for kind in ("scene", "shot"):
        starts = (segment.start_s for segment in segments if segment.kind == kind)
        near = [start_s for start_s in starts if first_s <= start_s <= last_s]
        if near:
            return min(near, key=lambda start_s: abs(start_s - aim_s))
    return aim_s


def _window(segments: Sequence[Segment], start_s: float, end_s: float) -> Window:
    scenes = [segment for segment in segments if segment.kind == "scene"]
    parts = [(max(scene.start_s, start_s), min(scene.end_s, end_s)) for scene in scenes]
    inside = tuple(part for part in parts if part[0] < part[1])
    return Window(start_s=start_s, end_s=end_s, scenes=inside or ((start_s, end_s),))
