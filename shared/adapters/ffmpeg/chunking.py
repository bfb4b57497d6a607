"""Where a long source is cut: at key frames of the rungs that come soon after key frames of the source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.clock import JUMPING
from shared.adapters.ffmpeg.outputs import is_late
from shared.adapters.ffmpeg.programs import Programs
from shared.adapters.ffmpeg.timeline import Timeline, read_timeline
from shared.domain.chunks import Chunk, Chunking
from shared.domain.encoding import TranscodePlan
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.tool_session import ToolSession

__all__ = ["choose_starts", "chunking_of", "plan_chunks"]

SHORTEST: Final = Fraction(1, 2)
LONGEST: Final = Fraction(5, 4)
"""How long a chunk may be, in shares of the length aimed at: 12 and 30 of 24 seconds."""

# Times that span so much more or less than what is shown, besides the last frame, come from a clock that jumps.
_JUMP_S = 0.05
# A chunk may be this much longer or shorter to save one second of decoding in vain.
_LENGTH_WEIGHT: Final = 0.1
# More than this share of the video decoded twice is not worth it.
_MOST_REDONE: Final = 0.5
# Fewer are encoded without reordering, or, where some are dropped, not at all: no such chunk fits to the others.
_FEWEST_FRAMES: Final = 8
# Deinterlacing and dropping frames look at a frame's neighbours.
_NEIGHBOURS: Final = 2
# Frames nearer to each other than this are not told apart by half of what lies between, in a piece's ticks.
_NEAREST_S: Final = Fraction(1, 10_000)


def plan_chunks(
    programs: Programs, source: Path, media: MediaInfo, plan: TranscodePlan, chunk_s: float, session: ToolSession
) -> Chunking:
    """Measures the packets of a source and says how to cut it, or why it can't be cut exactly.

    Args:
        programs: ffprobe among them.
        source: The file.
        media: What probing it found.
        plan: What is to be made of it.
        chunk_s: Seconds of a chunk that are aimed at.
        session: The attempt.
    """
    timeline = read_timeline(programs, source, session, demuxer=media.demuxer, stream=str(media.video[0].index))
    video = media.video[0]
    # FFmpeg goes on as if it had not, but not in a piece.
    if media.demuxer in JUMPING and timeline.is_timed and _jumps(timeline, video):
        return Chunking(reason="its clock jumps")
    return chunking_of(timeline, video, plan, chunk_s)


def _jumps(timeline: Timeline, video: VideoStream) -> bool:
    spanned_s = float(int(np.ptp(timeline.pts)) * timeline.tick_s) if len(timeline.pts) else 0.0
    return abs(video.duration_s - spanned_s) > float(1 / video.fps) + _JUMP_S


def chunking_of(timeline: Timeline, video: VideoStream, plan: TranscodePlan, chunk_s: float) -> Chunking:
    """Returns how to cut pictures, or why not; see plan_chunks()."""
    if video.variable_fps and video.fps > plan.max_output_fps:
        return Chunking(reason="its frames are not evenly spaced, and some of them are dropped")
    if not timeline.is_timed:
        return Chunking(reason="it does not say of every frame when it is shown")
    order = np.argsort(timeline.pts, kind="stable")
    shown = timeline.is_shown[order]
    frames = order[shown]
    if len(frames) < 2 or (np.diff(timeline.pts[frames]) < _NEAREST_S / timeline.tick_s).any():
        return Chunking(reason="several of its frames are shown at the same time")
    if not shown[int(shown.argmax()) : len(shown) - int(shown[::-1].argmax())].all():
        return Chunking(reason="an edit list leaves frames out in its middle")
    return _Cutter(timeline, frames, video, plan).cut(chunk_s)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a chunk can begin.

    Attributes:
        frame: The source's first frame in it.
        at: An instant before that frame and after the one before it, in ticks of the source's timeline.
        key: The packet that it is decoded from.
    """

    frame: int
    at: Fraction
    key: int


class _Cutter:
    """Cuts pictures whose times are known.

    Args:
        timeline: The packets.
        frames: Those that are shown, in the order in which they are.
        video: The stream.
        plan: What is made of it.
    """

    def __init__(
        self, timeline: Timeline, frames: npt.NDArray[np.intp], video: VideoStream, plan: TranscodePlan
    ) -> None:
        self._tick_s = timeline.tick_s
        self._last_ticks = timeline.last_ticks
        self._pts = timeline.pts
        self._frames = frames
        first = int(self._pts[frames[0]])
        # FFmpeg takes the container's start, in whole microseconds, from every time, in whole ticks.
        start_us = round((first * self._tick_s - Fraction(video.start_s)) * 1_000_000)
        self._origin = round(Fraction(start_us, 1_000_000) / self._tick_s)
        self._times = self._pts[frames] - self._origin
        keys = np.flatnonzero(timeline.is_key)
        self._keys = keys[np.argsort(self._pts[keys], kind="stable")]
        self._gop = plan.gop_frames(video.fps)
        self._gop_s = plan.gop_s
        self._by_clock = video.variable_fps
        self._fps = min(video.fps, plan.max_output_fps)
        # What comes late is shown from 0.
        self._clock_from = 0 if is_late(video) else int(self._times[0])
        slower = video.fps > plan.max_output_fps
        self._output_fps = plan.max_output_fps if slower else None
        self._around = _NEIGHBOURS if slower or plan.deinterlace or video.interlaced else 0

    def cut(self, chunk_s: float) -> Chunking:
        if not len(self._keys):
            return Chunking(reason="it has no key frame")
        starts = list(self._starts())
        seconds = [float(start.at * self._tick_s) for start in starts]
        redone = [self._redone_s(start) for start in starts]
        end_s = float(self._end * self._tick_s)
        chosen = choose_starts(seconds, redone, end_s, chunk_s, float(_FEWEST_FRAMES / self._fps))
        total_s = sum(redone[index] for index in chosen)
        if len(chosen) < 2:
            return Chunking(reason="it is too short for two chunks")
        if total_s > _MOST_REDONE * (end_s - seconds[0]):
            return Chunking(reason=f"its key frames are so far apart that {total_s:.0f} s were decoded twice")
        return Chunking(
            chunks=tuple(self._chunks(starts, chosen)),
            tick_s=self._tick_s,
            origin_s=self._origin * self._tick_s,
            reencoded_s=total_s,
        )

    @property
    def _end(self) -> Fraction:
        """An instant after the last frame."""
        return int(self._times[-1]) + self._half(len(self._times) - 1)

    def _half(self, frame: int) -> Fraction:
        """Half of what lies between a frame and the one before it, in ticks."""
        return Fraction(int(self._times[frame]) - int(self._times[frame - 1]), 2)

    def _shown_s(self, frame: int) -> Fraction:
        """Returns how long a frame is shown."""
        is_last = frame == len(self._times) - 1
        return (self._last_ticks if is_last else 2 * self._half(frame + 1)) * self._tick_s

    def _starts(self) -> Iterator[_Start]:
        """Yields where chunks can begin; the first frame of all comes first."""
        yield _Start(0, int(self._times[0]) - self._half(1), self._key_before(0))
        if self._output_fps is None:
            counted = range(self._gop, len(self._times), self._gop)
            for frame in self._firsts_of_spans() if self._by_clock else counted:
                yield _Start(frame, int(self._times[frame]) - self._half(frame), self._key_before(frame))
            return
        # The rungs' frames lie at whole multiples of their distance, beginning with the nearest to the first.
        ticks = 1 / (self._output_fps * self._tick_s)
        number = round(int(self._times[0]) / ticks)
        while True:
            number += self._gop
            # Nearer to the frame than to the one before, for FFmpeg rounds to whole frames.
            at = (number - Fraction(1, 4)) * ticks
            frame = int(np.searchsorted(self._times, float(at)))
            if frame >= len(self._times):
                return
            yield _Start(frame, at, self._key_before(frame))

    def _firsts_of_spans(self) -> list[int]:
        """Returns the frames, but the first, at which rungs have key frames by the clock."""
        # In FFmpeg's own arithmetic, for what lies near a multiple.
        seconds = (self._times - self._clock_from) * (self._tick_s.numerator / self._tick_s.denominator)
        spans = np.floor(seconds / self._gop_s)
        spans[0] = 0
        return [int(frame) + 1 for frame in np.flatnonzero(np.diff(spans) > 0)]

    def _key_before(self, frame: int) -> int:
        """Returns the last packet from which on a frame, and what is needed around it, can be decoded."""
        time = self._pts[self._frames[max(frame - self._around, 0)]]
        found = int(np.searchsorted(self._pts[self._keys], time, side="right")) - 1
        return int(self._keys[max(found, 0)])

    def _redone_s(self, start: _Start) -> float:
        return float(max(int(self._pts[self._frames[start.frame]]) - int(self._pts[start.key]), 0) * self._tick_s)

    def _chunks(self, starts: Sequence[_Start], chosen: Sequence[int]) -> Iterator[Chunk]:
        for index, (first, after) in enumerate(pairwise((*chosen, len(starts)))):
            start, within = starts[first], starts[first + 1 : after]
            end, end_at = len(self._times), self._end
            if after < len(starts):
                end, end_at = starts[after].frame, starts[after].at
            needed = self._frames[start.frame : end + _NEIGHBOURS]
            yield Chunk(
                index=index,
                start_s=start.at * self._tick_s,
                end_s=end_at * self._tick_s,
                frames=end - start.frame,
                key_times_s=tuple(key.at * self._tick_s for key in within) if self._by_clock else (),
                last_s=self._shown_s(end - 1) if self._by_clock else None,
                read_from_s=int(self._pts[start.key]) * self._tick_s,
                packets=int(needed.max()) - start.key + 1,
            )


def choose_starts(
    starts_s: Sequence[float], redone_s: Sequence[float], end_s: float, chunk_s: float, last_s: float
) -> list[int]:
    """Returns which starts chunks begin at: the first, and then others in between the shortest and the longest.

    Args:
        starts_s: Where chunks can begin, rising.
        redone_s: What is decoded in vain for a chunk that begins there.
        end_s: Where the last chunk ends; it alone may be shorter.
        chunk_s: The length aimed at.
        last_s: How long the last chunk is at least.
    """
    chosen = [0]
    shortest_s, longest_s = float(SHORTEST) * chunk_s, float(LONGEST) * chunk_s
    while end_s - starts_s[chosen[-1]] > longest_s:
        start_s = starts_s[chosen[-1]]
        later = [at for at in range(chosen[-1] + 1, len(starts_s)) if end_s - starts_s[at] >= last_s]
        near = [index for index in later if shortest_s <= starts_s[index] - start_s <= longest_s]
        if not near:
            # No frame for longer than a chunk, or key frames rarer than chunks.
            near = [index for index in later if starts_s[index] - start_s > longest_s][:1]
        if not near:
            break
        chosen.append(
            min(near, key=lambda one: redone_s[one] + _LENGTH_WEIGHT * abs(starts_s[one] - start_s - chunk_s))
        )
    return chosen
