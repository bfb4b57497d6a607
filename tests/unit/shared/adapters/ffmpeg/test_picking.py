"""Which packets are decoded for some pictures."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import ffmpeg
import numpy as np
import pytest

from shared.adapters.ffmpeg.picking import picked, shown_at
from shared.adapters.ffmpeg.timeline import KEY, UNREFERRED, Timeline

# I P B B | I P B B: each a hundred bytes, in decoding order.
TIMES = [0, 3, 1, 2, 4, 7, 5, 6]
KEYS = {0, 4}


def timeline_of(times: list[int], hidden: int = 0) -> Timeline:
    timeline = Timeline()
    for index, time in enumerate(times):
        flags = ("K" if index in KEYS else "_") + ("D" if index < hidden else "_") + "_"
        timeline.add(f"packet,{time},{index},1,100,{100 * index},{flags}\n")
    timeline.add("stream,h264,1/25\n")
    return timeline


def kept(timeline: Timeline, *wanted: int) -> tuple[list[tuple[int, int]], float]:
    """Returns the runs of bytes that are decoded, and when reading begins."""
    stream = picked(Path("some.mp4"), timeline, np.array(wanted))
    words = ffmpeg.compile(stream.output("-", format="null"))
    spans = re.findall(r"between\(pos\\,(\d+)\\,(\d+)\)", words[words.index("-bsf:v") + 1])
    return [(int(first), int(last)) for first, last in spans], float(words[words.index("-ss") + 1])


@pytest.mark.parametrize(
    ("wanted", "spans", "begins_s"),
    [
        ([0], [(0, 0)], 0.0),
        ([4], [(400, 400)], 0.16),
        ([1], [(0, 200)], 0.0),
        ([3], [(0, 100)], 0.0),
        ([1, 3], [(0, 200)], 0.0),
        ([2, 4], [(0, 400)], 0.0),
        ([6], [(400, 700)], 0.16),
    ],
)
def test_no_more_is_decoded_than_a_picture_is_made_of(
    wanted: list[int], spans: list[tuple[int, int]], begins_s: float
) -> None:
    assert kept(timeline_of(TIMES), *wanted) == (spans, begins_s)


def test_what_no_other_is_made_from_is_decoded_only_if_it_is_wanted() -> None:
    timeline = Timeline()
    flags = [KEY, 0, UNREFERRED, UNREFERRED, KEY, 0, UNREFERRED, UNREFERRED]
    timeline.note(np.array(TIMES), 100 * np.arange(8), np.array(flags))
    assert kept(timeline, 2)[0] == [(0, 100), (300, 300)]
    assert kept(timeline, 1, 4, 6)[0] == [(0, 200), (400, 500), (700, 700)]


def test_what_is_shown_before_its_key_frame_is_made_of_the_one_before_too() -> None:
    """An open GOP, as cameras write them: 3 comes after the key frame 4 and is shown before it."""
    opened = timeline_of([0, 2, 1, 5, 4, 3, 7, 6])
    assert kept(opened, 3) == ([(0, 500)], 0.0)


def test_pictures_that_are_not_shown_are_not_counted() -> None:
    timeline = timeline_of(TIMES, hidden=1)
    assert timeline.shown.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert shown_at(timeline, [-1.0, 0.0, 0.04, 0.1, 0.12, 99.0]).tolist() == [
        0,
        0,
        0,
        1,
        2,
        6,
    ]


def test_a_time_may_be_rounded() -> None:
    """3 frames of 1001/30000 s are 0.1001 s."""
    timeline = Timeline()
    for index in range(9):
        timeline.add(f"packet,{1001 * index},{1001 * index},1001,9,{9 * index},K__\n")
    timeline.add(f"stream,h264,{Fraction(1, 30000)}\n")
    assert shown_at(timeline, [0.1001, 0.1000995, 0.1]).tolist() == [3, 3, 2]
