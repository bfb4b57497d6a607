from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.reading.patches import Gray, Patch, outlines
from tests.drawn_video import COLUMNS, ROWS, Caption, DrawnVideo, landscape, plain

CAPTION = Caption(text="Somebody says this", start_s=0, end_s=9)
AREA = (60, 295, 250, 34)


def shown(caption: Caption | None, time_s: float = 0.0) -> Gray:
    """Returns the outlines of a moving landscape with a caption on it."""
    video = DrawnVideo(landscape(3, 40.0), [caption] if caption else [])
    return outlines(np.asarray(video.picture(time_s)[..., 1], np.uint8))


def test_writing_is_recognised_whatever_is_behind_it() -> None:
    patch = Patch(shown(CAPTION), AREA)
    for time_s in (1.0, 3.0, 6.0):
        found = patch.find(shown(CAPTION, time_s), patch.place)
        assert found is not None
        assert found[0] == patch.place


@pytest.mark.parametrize("other", [None, Caption(text="It is answered like that", start_s=0, end_s=9)])
def test_other_writing_or_none_is_not_taken_for_it(other: Caption | None) -> None:
    patch = Patch(shown(CAPTION), AREA)
    for time_s in (1.0, 3.0, 6.0):
        assert patch.find(shown(other, time_s), patch.place) is None


def test_writing_that_moves_a_little_is_found() -> None:
    rising = Caption(text=CAPTION.text, start_s=0, end_s=9, rises=10)
    patch = Patch(shown(rising), AREA)
    found = patch.find(shown(rising, 1.0), patch.place)
    assert found is not None
    assert found[0] == (60, 285)


def test_one_letter_that_differs_shows() -> None:
    first, second = (Caption(text=f"Score {n}", start_s=0, end_s=9) for n in (12, 13))
    gray = [outlines(DrawnVideo(plain(60), [one]).picture(0.0)[..., 1]) for one in (first, second)]
    box = first.line(0.0)
    assert box is not None
    x, y, width, height = box.box
    patch = Patch(gray[0], (round(x * COLUMNS), round(y * ROWS), round(width * COLUMNS), round(height * ROWS)))
    same, other = (patch.at(one, patch.place) for one in gray)
    assert same is not None
    assert other is not None
    assert same.weakest > 0.99
    assert other.whole > 0.8
    assert other.weakest < 0.75


def test_what_leaves_the_picture_is_not_there() -> None:
    patch = Patch(shown(CAPTION), AREA)
    assert patch.find(shown(CAPTION)[:310], patch.place) is None
    assert patch.at(shown(CAPTION), (-1, 5)) is None


def test_where_nothing_stands_nothing_is_recognised() -> None:
    flat = np.zeros((360, 640), np.uint8)
    for area in ((10, 10, 100, 20), (10, 10, 100, 0), (700, 10, 20, 20)):
        patch = Patch(flat, area)
        assert patch.find(flat, patch.place) is None
