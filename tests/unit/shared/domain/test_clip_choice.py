"""What a clip shows, by what somebody asks for."""

from __future__ import annotations

from functools import partial

import pytest

from shared.domain.clip_choice import Described, choose
from shared.domain.errors import NotFound, PermanentError
from shared.domain.records import Recommendation, Segment
from shared.testing.videos import shot

HIGHLIGHT = partial(Recommendation, kind="highlight", value="", reason="loud")
WINDOW = partial(Recommendation, kind="reframe", value="crop", reason="a face", score=0.5)
SPEECH = Segment(kind="speech", index=0, start_s=1.5, end_s=2.5, producer="speech", producer_version="1")


def video(*recommendations: Recommendation, duration_s: float = 20.0) -> Described:
    """Returns a video with two shots and some speech."""
    segments = (shot(1, 4.0, 20.0), shot(0, 0.0, 4.0), SPEECH)
    return Described(duration_s=duration_s, segments=segments, recommendations=recommendations)


def chapter(start_s: float) -> Recommendation:
    return Recommendation(kind="chapter", value="Then", reason="first text", score=0.5, start_s=start_s)


@pytest.mark.parametrize(
    ("asked", "spans"),
    [
        ("shot:0", ((0.0, 4.0),)),
        ("shot:1", ((4.0, 20.0),)),
        ("speech:0", ((1.5, 2.5),)),
        ("chapter:0", ((2.0, 9.0),)),
        ("chapter:1", ((9.0, 20.0),)),
        ("12.5-20", ((12.5, 20.0),)),
        ("19-9000", ((19.0, 20.0),)),
    ],
)
def test_parts(asked: str, spans: tuple[tuple[float, float], ...]) -> None:
    found = choose(asked, video(chapter(9.0), chapter(2.0)))
    assert (found.segment, found.spans, found.box) == (asked, spans, None)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("shot:2", "There are shot:0 to shot:1."),
        ("speech:7", "There is speech:0 alone."),
        ("music:0", "the video has no music"),
        ("chapter:0", "the video has no chapter"),
        ("highlight:0", "the video has no highlight"),
        ("highlight", "No highlights are recommended"),
    ],
)
def test_what_is_not_there(asked: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        choose(asked, video())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("5-4", "Name a later end"),
        ("5-5", "Name a later end"),
        ("20-21", "Name an earlier start"),
        ("cat:1", "no segments of the kind 'cat'"),
        *(
            (asked, "KIND:INDEX")
            for asked in ("", "all", "shot", "shot:-1", "0-1e3", "\u0663-\u0664", "nan-inf", "shot:1\n")
        ),
    ],
)
def test_what_is_no_part(asked: str, said: str) -> None:
    with pytest.raises(PermanentError, match=said) as caught:
        choose(asked, video())
    assert caught.value.code == "bad_segment"


@pytest.mark.parametrize(
    ("asked", "name", "note"),
    [
        ("shot:1", "shot-1", ""),
        ("2.50-20.0", "2.5-20", ""),
        ("2.5-20.05", "2.5-20", ""),
        ("15-30", "15-20", "The video ends at 20.0 s."),
    ],
)
def test_a_span_is_named_by_what_it_shows(asked: str, name: str, note: str) -> None:
    found = choose(asked, video())
    assert (found.name, found.note) == (name, note)


def test_it_may_be_so_long() -> None:
    long = video(duration_s=2000.0)
    assert choose("0-600", long).spans == ((0.0, 600.0),)
    with pytest.raises(PermanentError, match="such as 1-601"):
        choose("1-602", long)


class TestHighlights:
    def test_the_best_that_fit_in_the_order_of_the_video(self) -> None:
        best, too_long = (
            HIGHLIGHT(score=0.9, start_s=12.0, end_s=14.0),
            HIGHLIGHT(score=0.8, start_s=2.0, end_s=8.0),
        )
        short = HIGHLIGHT(score=0.2, start_s=0.5, end_s=1.5)
        known = video(too_long, short, best)
        assert choose("highlight", known, max_s=4).spans == ((0.5, 1.5), (12.0, 14.0))
        assert choose("highlight", known).spans == ((0.5, 1.5), (2.0, 8.0), (12.0, 14.0))
        assert choose("highlight:0", known).spans == ((2.0, 8.0),)

    def test_of_the_best_what_fits(self) -> None:
        assert choose("highlight", video(HIGHLIGHT(score=0.9, start_s=2.0, end_s=8.0)), max_s=1).spans == (
            (2.0, 3.0),
        )

    def test_nothing_is_shown_twice(self) -> None:
        two = (HIGHLIGHT(score=0.9, start_s=2.0, end_s=8.0), HIGHLIGHT(score=0.8, start_s=7.0, end_s=9.0))
        assert choose("highlight", video(*two)).spans == ((2.0, 8.0),)

    def test_there_are_at_most_eight(self) -> None:
        many = [HIGHLIGHT(score=0.5, start_s=float(at), end_s=at + 0.5) for at in range(12)]
        assert len(choose("highlight", video(*many)).spans) == 8


class TestUpright:
    def test_the_window_is_that_of_where_most_of_the_clip_is(self) -> None:
        left = WINDOW(start_s=0.0, end_s=4.0, box=(0.0, 0.0, 0.3, 1.0))
        right = WINDOW(start_s=4.0, end_s=20.0, box=(0.7, 0.0, 0.3, 1.0))
        known = video(left, right)
        assert choose("3-6", known, vertical=True).box == right.box
        assert choose("0-5", known, vertical=True).box == left.box

    def test_one_without_times_is_for_all(self) -> None:
        assert choose("3-6", video(WINDOW(box=(0.2, 0.0, 0.3, 1.0))), vertical=True).box == (0.2, 0.0, 0.3, 1.0)

    def test_what_is_to_be_padded_has_none(self) -> None:
        padded = Recommendation(kind="reframe", value="pad", reason="text to the edges", score=0.5)
        elsewhere = WINDOW(start_s=10.0, end_s=20.0, box=(0.0, 0.0, 0.3, 1.0))
        with pytest.raises(NotFound, match="Ask for the clip without it"):
            choose("3-6", video(padded, elsewhere), vertical=True)

    def test_most_of_it_decides(self) -> None:
        cropped = WINDOW(start_s=0.0, end_s=4.0, box=(0.0, 0.0, 0.3, 1.0))
        padded = Recommendation(
            kind="reframe", value="pad", reason="wide text", score=0.5, start_s=4.0, end_s=20.0, box=(0, 0, 1, 1)
        )
        known = video(cropped, padded)
        assert choose("1-6", known, vertical=True).box == cropped.box
        with pytest.raises(NotFound, match=r"would cut off what matters there \(wide text\)"):
            choose("2-7", known, vertical=True)

    def test_a_reel_leaves_out_what_would_be_cut_off_and_says_so(self) -> None:
        cropped = WINDOW(start_s=0.0, end_s=4.0, box=(0.0, 0.0, 0.3, 1.0))
        padded = Recommendation(
            kind="reframe", value="pad", reason="wide text", score=0.5, start_s=4.0, end_s=20.0, box=(0, 0, 1, 1)
        )
        title = HIGHLIGHT(score=0.9, start_s=10.0, end_s=16.0)
        face = HIGHLIGHT(score=0.2, start_s=1.0, end_s=3.0)
        reel = choose("highlight", video(title, face, cropped, padded), vertical=True)
        assert (reel.spans, reel.box) == (((1.0, 3.0),), cropped.box)
        assert reel.note == "Without highlight:0: a window of 9:16 would cut off what matters there."
        assert choose("highlight", video(title, face, cropped, padded)).note == ""
        with pytest.raises(NotFound, match=r"^.*No highlight fits into 9:16. highlight:0: A window .*wide text"):
            choose("highlight", video(title, cropped, padded), vertical=True)
