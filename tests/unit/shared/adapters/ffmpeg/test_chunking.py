"""Chunks cover the timeline, lie on the grid of key frames, and are neither too short nor too long."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.ffmpeg.chunking import choose_starts, chunking_of
from shared.adapters.ffmpeg.timeline import Timeline
from shared.testing.videos import video_stream
from tests.media.transcodes import small_plan

PLAN = small_plan((160, 120))
RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(50), Fraction(10)]


def timeline_of(times: list[int], keys: set[int], tick_s: Fraction) -> Timeline:
    timeline = Timeline()
    for index, time in enumerate(times):
        timeline.add(f"packet,{time},{time},1,99,{index},{'K' if index in keys else '_'}__\n")
    timeline.add(f"stream,h264,{tick_s}\n")
    return timeline


@st.composite
def sources(draw: st.DrawFn) -> tuple[Timeline, Fraction, int, int]:
    """Returns even frames, some of them key frames: what was measured, their rate, number and first time."""
    fps, frames = draw(st.sampled_from(RATES)), draw(st.integers(2, 2000))
    tick_s = Fraction(1, 90_000)
    first = draw(st.integers(0, 900_000))
    times = [first + round(index / fps / tick_s) for index in range(frames)]
    keys = {0, *draw(st.sets(st.integers(0, frames - 1), max_size=40))}
    return timeline_of(times, keys, tick_s), fps, frames, first


@given(sources(), st.sampled_from([2.0, 4.0, 24.0]))
def test_chunks_cover_all_frames_once_on_the_grid(
    source: tuple[Timeline, Fraction, int, int], chunk_s: float
) -> None:
    timeline, fps, frames, first = source
    tick_s = timeline.tick_s
    video = video_stream(fps=fps, frames=frames, start_s=float(first * tick_s), duration_s=float(frames / fps))
    chunking = chunking_of(timeline, video, PLAN, chunk_s)
    if not chunking.chunks:
        assert chunking.reason
        return
    chunks = chunking.chunks
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert sum(chunk.frames for chunk in chunks) == frames
    assert all(one.end_s == other.start_s for one, other in itertools.pairwise(chunks))
    seconds = [time * tick_s - chunking.origin_s for time in timeline.pts.tolist()]
    for chunk in chunks:
        shown = [time for time in seconds if chunk.start_s <= time < chunk.end_s]
        assert len(shown) == chunk.frames
        # On the grid of key frames, which lie a whole number of frames apart.
        gop = -(-fps * Fraction(PLAN.gop_s) // 1)
        assert seconds.index(shown[0]) % gop == 0
        assert chunk.key_times_s == ()
        assert chunk.read_from_s <= shown[0] + chunking.origin_s
    longest = max((chunk.end_s - chunk.start_s for chunk in chunks), default=Fraction(0))
    assert longest <= Fraction(chunk_s) * 5 / 4 + 1 / fps
    shortest = min(chunk.end_s - chunk.start_s for chunk in chunks[:-1])
    assert shortest >= Fraction(chunk_s) / 2 - 1 / fps


@st.composite
def uneven_sources(draw: st.DrawFn) -> tuple[Timeline, list[int], Fraction]:
    """Returns frames that come when they come, up to seconds apart: what was measured, their times, and a tick."""
    tick_s = draw(st.sampled_from([Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 600)]))
    steps_s = st.sampled_from([0.017, 0.033, 0.033, 0.034, 0.05, 0.5, 1.7, 6.0])
    steps = draw(st.lists(steps_s, min_size=1, max_size=400))
    first = draw(st.integers(0, 10 * tick_s.denominator))
    times = list(itertools.accumulate((round(step_s / tick_s) for step_s in steps), initial=first))
    keys = {0, *draw(st.sets(st.integers(0, len(times) - 1), max_size=40))}
    return timeline_of(times, keys, tick_s), times, tick_s


@given(uneven_sources(), st.sampled_from([2.0, 4.0]))
def test_uneven_frames_have_key_frames_by_the_clock(
    source: tuple[Timeline, list[int], Fraction], chunk_s: float
) -> None:
    timeline, times, tick_s = source
    length_s = float((times[-1] - times[0]) * tick_s)
    video = video_stream(
        fps=Fraction(20), frames=len(times), variable_fps=True, start_s=0.0, duration_s=length_s + 0.05
    )
    chunking = chunking_of(timeline, video, PLAN, chunk_s)
    if not chunking.chunks:
        assert chunking.reason
        return
    assert chunking.origin_s == times[0] * tick_s
    seconds = [(time - times[0]) * tick_s for time in times]
    gop_s = Fraction(PLAN.gop_s)
    firsts = [
        time
        for before, time in itertools.pairwise((-gop_s, *seconds))
        if time // gop_s > before // gop_s  # the first frame of each span that has one
    ]
    found = list[Fraction]()
    for chunk in chunking.chunks:
        shown = [time for time in seconds if chunk.start_s <= time < chunk.end_s]
        assert len(shown) == chunk.frames > 0
        marks = (chunk.start_s, *chunk.key_times_s)
        found += [next(time for time in seconds if time >= mark) for mark in marks]
        assert list(chunk.key_times_s) == sorted(set(chunk.key_times_s))
    assert found == firsts


@given(st.lists(st.floats(0, 2), min_size=2, max_size=400), st.sampled_from([4.0, 24.0]))
def test_all_but_the_last_chunk_are_within_bounds(redone_s: list[float], chunk_s: float) -> None:
    starts_s = [2.0 * index for index in range(len(redone_s))]
    end_s = 2.0 * len(starts_s)
    ends = [*(starts_s[index] for index in choose_starts(starts_s, redone_s, end_s, chunk_s, 0.32)), end_s]
    lengths = [after - before for before, after in itertools.pairwise(ends)]
    assert ends[0] == 0.0
    assert all(chunk_s / 2 <= length <= chunk_s * 1.25 for length in lengths[:-1])
    assert 0 < lengths[-1] <= chunk_s * 1.25


def test_a_start_that_costs_nothing_is_worth_some_seconds() -> None:
    starts_s = [float(second) for second in range(0, 60, 2)]
    redone_s = [0.0 if second in {0.0, 18.0, 42.0} else 5.0 for second in starts_s]
    chosen = choose_starts(starts_s, redone_s, 60.0, 24.0, 0.32)
    assert [starts_s[index] for index in chosen] == [0.0, 18.0, 42.0]


def test_no_frame_or_two_are_left_for_the_last_chunk() -> None:
    """They would be encoded otherwise: without reordering, or none of them."""
    starts_s = [float(second) for second in range(0, 61, 2)]
    redone_s = [0.0 if second in {0.0, 30.0, 60.0} else 9.0 for second in starts_s]
    chosen = choose_starts(starts_s, redone_s, 60.04, 24.0, 0.32)
    assert [starts_s[index] for index in chosen][:2] == [0.0, 30.0]
    assert 60.04 - starts_s[chosen[-1]] >= 0.32


def test_a_gap_longer_than_a_chunk_is_left_whole() -> None:
    assert choose_starts([0.0, 2.0, 100.0, 102.0], [0.0] * 4, 104.0, 24.0, 0.32) == [0, 2]
    assert choose_starts([0.0], [0.0], 104.0, 24.0, 0.32) == [0]


def test_the_last_frame_is_the_last_that_is_shown() -> None:
    timeline = timeline_of([0, 2], {0}, Fraction(1, 25))
    for line in ("9,1,3,99,0,___", "5,2,4,99,0,___", "12,3,7,99,0,_D_", "13,4,7,0,0,___"):
        timeline.add(f"packet,{line}\n")
    assert timeline.last_ticks == 3


def test_why_pictures_are_not_cut() -> None:
    tick_s, video = Fraction(1, 25), video_stream(fps=Fraction(25), frames=500)
    untimed = timeline_of(list(range(500)), {0}, tick_s)
    untimed.add("packet,N/A,25,1,99,0,___\n")
    twice = timeline_of([*range(499), 498], {0}, tick_s)
    keyless = timeline_of(list(range(500)), set(), tick_s)
    holed = timeline_of(list(range(250)), {0}, tick_s)
    holed.add("packet,250,250,1,99,0,_D_\n")
    holed.add("packet,251,251,1,99,0,___\n")
    for timeline, reason in (
        (untimed, "of every frame"),
        (twice, "at the same time"),
        (keyless, "no key frame"),
        (holed, "in its middle"),
    ):
        assert reason in chunking_of(timeline, video, PLAN, 4.0).reason
