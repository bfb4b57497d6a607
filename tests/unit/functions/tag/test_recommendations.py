from __future__ import annotations

from typing import Any

import pytest

from functions.tag.recommendations import chapters, poster, titles
from shared.domain.records import Finding, Segment
from shared.testing.videos import object_ref, shot
from tests.unit.functions.tag.found import evidence, measured, span, tag, text, told


def keyed(index: int, start_s: float, end_s: float, **values: Any) -> Segment:
    placed: dict[str, Any] = {
        "keyframe": object_ref(f"key-{index}"),
        "keyframe_s": (start_s + end_s) / 2,
        "score": 0.5,
    } | values
    return shot(index, start_s, end_s, **placed)


def looks(
    index: int, sharp: float = 0.6, bright: float = 0.5, colors: tuple[str, ...] = ("blue",)
) -> list[Finding]:
    return [
        measured("sharpness", sharp, shot=index),
        measured("brightness", bright, shot=index),
        measured("motion", 0.02, shot=index),
        measured("dominant_colors", colors, shot=index),
    ]


@pytest.mark.parametrize(
    "worse",
    [
        {"sharp": 0.2},
        {"bright": 0.05},
        {"bright": 0.97},
        {"colors": ("gray", "white")},
    ],
)
def test_the_better_picture_is_the_poster(worse: dict[str, Any]) -> None:
    best = poster([keyed(0, 0, 5), keyed(1, 5, 10)], [*looks(0, **worse), *looks(1)])
    assert best is not None
    assert (best.frame, best.start_s) == (object_ref("key-1"), 7.5)
    assert best.reason.startswith("sharp, well lit, not in a transition, colourful")
    assert 0 < best.score <= 1


def test_a_picture_in_a_transition_or_in_black_is_passed_over() -> None:
    findings = [*looks(0), *looks(1)]
    fading = [keyed(0, 0, 5, keyframe_s=4.8), keyed(1, 5, 10, transition_in="dissolve", transition_s=1.0)]
    black = [keyed(0, 0, 5), keyed(1, 5, 10), span("black", 2, 3)]
    assert [getattr(poster(given, findings), "start_s", None) for given in (fading, black)] == [7.5, 7.5]


def test_a_title_in_the_picture_speaks_for_it() -> None:
    title = text("Path Expressions", shot=1, box=(0.1, 0.1, 0.5, 0.08))
    best = poster([keyed(0, 0, 5), keyed(1, 5, 10)], [*looks(0), *looks(1), title])
    assert best is not None
    assert "shows “Path Expressions”" in best.reason
    cut_off = text("ath Expressio", shot=1, box=(0.0, 0.1, 1.0, 0.08))
    other = poster([keyed(0, 0, 5), keyed(1, 5, 10)], [*looks(0), *looks(1), cut_off])
    assert other is not None
    assert other.start_s == 2.5


def test_no_keyframe_no_poster() -> None:
    assert poster([shot(0, 0, 5)], []) is None


def test_scenes_are_chapters_titled_with_what_appears_in_them() -> None:
    scenes = [span("scene", start, start + 10.0, index=n) for n, start in enumerate((0.0, 10.0, 20.0, 30.0))]
    findings = [
        text("Introduction", start_s=1.0, end_s=2.0, box=(0.1, 0.1, 0.5, 0.06)),
        text("a smaller line", start_s=0.0, end_s=2.0),
        text("Introduction", start_s=11.0, end_s=12.0, box=(0.1, 0.1, 0.5, 0.06)),
        text("ake it c", start_s=12.0, end_s=13.0, box=(0.0, 0.1, 1.0, 0.2)),
        text("of it", start_s=31.0, end_s=32.0, box=(0.1, 0.1, 0.5, 0.2)),
    ]
    tags = [tag("xpath", evidence=(evidence(start_s=22.0, end_s=23.0),)), tag("dark", kind="style")]
    found = list(chapters(scenes, findings, tags, 40.0))
    assert [(chapter.value, chapter.start_s) for chapter in found] == [
        ("Introduction", 0.0),
        ("Chapter 2", 10.0),
        ("Xpath", 20.0),
        ("Chapter 4", 30.0),
    ]
    assert all(chapter.reason for chapter in found)


def test_a_chapter_of_several_scenes_is_named_after_its_first() -> None:
    scenes = [span("scene", start, start + 4.0, index=n) for n, start in enumerate((0.0, 4.0, 8.0, 12.0))]
    findings = [
        text("Harbor", start_s=1.0, end_s=2.0, box=(0.1, 0.1, 0.5, 0.06)),
        text("Mountains", start_s=5.0, end_s=6.0, box=(0.1, 0.1, 0.5, 0.2)),
        text("Coffee", start_s=13.0, end_s=14.0, box=(0.1, 0.1, 0.5, 0.06)),
    ]
    found = [(chapter.value, chapter.start_s) for chapter in chapters(scenes, findings, [], 16.0)]
    assert found == [("Harbor", 0.0), ("Coffee", 8.0)]


def test_chapters_are_neither_short_nor_alone() -> None:
    scenes = [span("scene", start, start + 2.0) for start in (0.3, 2.0, 4.0, 6.0, 8.0)]
    assert [chapter.start_s for chapter in chapters(scenes, [], [], 12.0)] == [0.0, 6.0]
    assert not list(chapters(scenes[:2], [], [], 4.0))
    hours = [span("scene", start * 6.0, start * 6.0 + 6) for start in range(1200)]
    assert len(list(chapters(hours, [], [], 7200.0))) <= 50


def test_what_a_model_divided_the_video_into_counts_for_more_than_scenes() -> None:
    segments = [span("scene", 0.0, 30.0), span("scene", 30.0, 60.0, index=1)]
    told_chapters = [
        told("chapter", "The snow", start_s=40.0, end_s=60.0),
        told("chapter", "The start", end_s=60.0),
    ]
    found = [*chapters(segments, told_chapters, [], 60.0)]
    assert [(each.value, each.start_s, each.score) for each in found] == [
        ("The start", 0.0, 0.9),
        ("The snow", 40.0, 0.9),
    ]


def test_a_suggested_title_is_recommended() -> None:
    (found,) = titles([told("suggested_title", "Winter trains"), told("summary", "Trains.")])
    assert (found.kind, found.value, found.start_s) == ("title", "Winter trains", None)
    assert "gemini" in found.reason
