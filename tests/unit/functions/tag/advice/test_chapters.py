from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.tag.advice.chapters import chapters
from functions.tag.advice.known import Known
from shared.domain.records import Finding, Recommendation, Segment, Tag
from shared.testing.videos import media_info, shot
from tests.unit.functions.tag.found import evidence, span, tag, text, told, words


def found(
    segments: Sequence[Segment], findings: Sequence[Finding], duration_s: float, tags: Sequence[Tag] = ()
) -> list[Recommendation]:
    media = media_info(duration_s=duration_s)
    return list(chapters(Known(media=media, segments=segments, findings=findings, tags=tags, name="clip_01")))


def titled(*chosen: Recommendation) -> list[tuple[str, float | None]]:
    return [(one.value, one.start_s) for one in chosen]


def heading(value: str, start_s: float, height: float = 0.06) -> Finding:
    return text(value, start_s=start_s, end_s=start_s + 3, box=(0.1, 0.1, 0.5, height))


def scenes(*starts_s: float, end_s: float) -> list[Segment]:
    return [
        span("scene", start_s, until_s, index=n)
        for n, (start_s, until_s) in enumerate(pairwise([*starts_s, end_s]))
    ]


def test_scenes_are_chapters_titled_with_what_appears_in_them_and_untitled_ones_are_none() -> None:
    findings = [
        heading("Introduction to trees", 1.0),
        text("a smaller line", start_s=0.0),
        heading("Introduction to trees", 11.0),
        text("ake it c", start_s=12.0, box=(0.0, 0.1, 1.0, 0.2)),
        heading("Untitled", 12.0, 0.3),
        heading("clip_01", 13.0, 0.3),
        heading("Oaks", 31.0),
    ]
    tags = [tag("xpath", evidence=(evidence(start_s=22.0, end_s=23.0),)), tag("dark", kind="style")]
    chosen = found(scenes(0.0, 10.0, 20.0, 30.0, end_s=45.0), findings, 45.0, tags)
    assert titled(*chosen) == [("Introduction to trees", 0.0), ("Xpath", 20.0), ("Oaks", 30.0)]
    assert [one.reason for one in chosen] == [
        "the largest text to be read there, at 0:01",
        "what it is about, read at 0:22",
        "the largest text to be read there, at 0:31",
    ]


def test_where_nothing_names_them_scenes_are_numbered_and_it_is_said_why() -> None:
    chosen = found(scenes(0.0, 10.0, 20.0, end_s=40.0), [], 40.0)
    assert titled(*chosen) == [("Start", 0.0), ("Scene 2", 10.0), ("Scene 3", 20.0)]
    assert "too little is shown or said" in chosen[1].reason


def test_words_that_are_said_there_and_not_elsewhere_are_a_title() -> None:
    findings = [
        words("the train to the mountains, a train", start_s=2.0, end_s=4.0),
        words("snow and more snow on a train and a train", start_s=12.0, end_s=14.0),
        words("the harbor by the sea, the harbor", start_s=22.0, end_s=24.0),
        words("mumble mumble", start_s=32.0, end_s=34.0, confidence=0.3),
    ]
    chosen = found(scenes(0.0, 10.0, 20.0, 30.0, end_s=40.0), findings, 40.0)
    assert titled(*chosen) == [("Train", 0.0), ("Snow, train", 10.0), ("Harbor", 20.0)]
    assert chosen[2].reason == "said there more than elsewhere: “harbor” 2 times"


def test_a_slide_with_a_heading_begins_a_chapter_in_the_middle_of_a_scene() -> None:
    shots = [shot(n, start_s, start_s + 12.0) for n, start_s in enumerate((0.0, 12.0, 24.0, 36.0))]
    findings = [
        heading("Axes", 0.5),
        heading("Predicates", 12.2),
        heading("Functions", 30.0),
        heading("Variables", 36.1),
    ]
    chosen = found([*shots, *scenes(0.0, end_s=48.0)], findings, 48.0)
    assert titled(*chosen) == [("Axes", 0.0), ("Predicates", 12.0), ("Variables", 36.0)]


def slide(title: str, start_s: float, end_s: float, **values: Any) -> Finding:
    return text(title, start_s=start_s, end_s=end_s, **({"box": (0.1, 0.1, 0.5, 0.09)} | values))


def test_slides_of_one_background_are_chapters_though_the_shot_goes_on() -> None:
    slides = [slide("Axes", 0.0, 11.0), slide("Predicates", 11.1, 25.0), slide("Functions", 25.2, 38.0)]
    segments = [shot(0, 0.0, 60.0), *scenes(0.0, end_s=60.0)]
    last = slide("Variables", 37.9, 60.0)
    wanted = [("Axes", 0.0), ("Predicates", 11.1), ("Functions", 25.2), ("Variables", 37.9)]
    assert titled(*found(segments, [*slides, last], 60.0)) == wanted
    cut = [shot(0, 0.0, 38.2), shot(1, 38.2, 60.0), *scenes(0.0, end_s=60.0)]
    assert titled(*found(cut, [*slides, last], 60.0)) == [*wanted[:3], ("Variables", 38.2)], "the cut is exact"
    again = [replace(slides[2], end_s=35.5), replace(slides[2], start_s=35.6), last]
    assert titled(*found(segments, [*slides[:2], *again], 60.0)) == wanted, "what is read anew is no other heading"
    later = slide("Variables", 45.0, 60.0)
    assert titled(*found(segments, [*slides, later], 60.0)) == wanted[:3], "it replaces nothing"
    for other in (
        slide("Variables", 37.9, 60.0, box=(0.1, 0.7, 0.5, 0.09)),
        slide("Variables", 37.9, 60.0, box=(0.1, 0.1, 0.5, 0.04)),
        slide("Functions", 38.1, 60.0),
    ):
        assert titled(*found(segments, [*slides, other], 60.0)) == wanted[:3]


def test_a_heading_that_flashes_by_names_no_chapter() -> None:
    flash = text("Conditional", start_s=10.0, end_s=11.4, box=(0.1, 0.1, 0.5, 0.12))
    segments = [shot(n, start_s, start_s + 10.0) for n, start_s in enumerate((0.0, 10.0, 20.0))]
    chosen = found(
        [*segments, *scenes(0.0, end_s=30.0)],
        [heading("Axes", 0.0), flash, heading("Predicates", 11.4), heading("Functions", 20.0)],
        30.0,
    )
    assert titled(*chosen) == [("Axes", 0.0), ("Predicates", 10.0), ("Functions", 20.0)]


def test_no_chapter_is_shorter_than_ten_seconds() -> None:
    chosen = found(scenes(0.0, 9.0, 20.0, 30.0, 41.0, end_s=50.0), [], 50.0)
    assert [one.start_s for one in chosen] == [0.0, 20.0, 30.0]
    parts = [("The first", 0.0), ("The second", 9.0), ("The third", 20.0), ("The fourth", 31.0), ("Last", 41.0)]
    told_chapters = [told("chapter", title, start_s=start_s, end_s=50.0) for title, start_s in parts]
    assert [one.start_s for one in found([], told_chapters, 50.0)] == [0.0, 20.0, 31.0]


def test_chapters_are_three_at_least_or_none() -> None:
    assert not found(scenes(0.0, 15.0, end_s=30.0), [heading("One", 1.0), heading("Two", 16.0)], 30.0)
    assert not found(scenes(0.0, 2.0, 4.0, 6.0, 8.0, end_s=12.0), [], 12.0)


def test_what_a_model_divided_the_video_into_counts_for_more_than_scenes() -> None:
    parts = [("Leaving home", 2.0), ("The snow", 40.0), ("Too soon", 45.0), ("Chapter 3", 52.0), ("Home", 60.0)]
    told_chapters = [told("chapter", title, start_s=start_s, end_s=80.0) for title, start_s in reversed(parts)]
    segments = scenes(0.0, 30.0, end_s=80.0)
    chosen = found(segments, told_chapters, 80.0)
    assert titled(*chosen) == [("Leaving home", 0.0), ("The snow", 40.0), ("Home", 60.0)]
    assert "gemini" in chosen[0].reason
    assert not found(segments, told_chapters[3:], 80.0), "two are no chapters"


@given(
    st.lists(st.floats(0.0, 3000.0), max_size=60),
    st.lists(st.floats(0.0, 3000.0), max_size=30),
    st.floats(0.5, 3600.0),
)
def test_whatever_the_scenes_are_the_rules_hold(cuts: list[float], shown: list[float], duration_s: float) -> None:
    starts_s = sorted({0.0, *(cut for cut in cuts if cut < duration_s)})
    lines = [heading(f"Heading {n} about it", start_s) for n, start_s in enumerate(shown) if start_s < duration_s]
    chosen = found(scenes(*starts_s, end_s=duration_s), lines, duration_s)
    assert not chosen or 3 <= len(chosen) <= 50
    times_s = [one.start_s or 0.0 for one in chosen]
    assert times_s[:1] in ([], [0.0])
    assert all(later - start >= 10.0 for start, later in pairwise([*times_s, duration_s] if chosen else []))
    assert len({one.value for one in chosen}) == len(chosen)
    assert all(one.reason for one in chosen)
