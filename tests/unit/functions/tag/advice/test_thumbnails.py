from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.tag.advice.known import Known
from functions.tag.advice.thumbnails import thumbnails
from shared.domain.records import Finding, Recommendation, Segment
from shared.testing.videos import media_info, object_ref, shot
from tests.unit.functions.tag.found import measured, span, text


def keyed(index: int, start_s: float, end_s: float, **values: Any) -> Segment:
    placed: dict[str, Any] = {
        "keyframe": object_ref(f"key-{index}"),
        "keyframe_s": (start_s + end_s) / 2,
        "score": 0.5,
        "scene": index,
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


def chosen(segments: list[Segment], findings: list[Finding]) -> list[Recommendation]:
    return list(thumbnails(Known(media=media_info(), segments=segments, findings=findings)))


def times_s(segments: list[Segment], findings: list[Finding]) -> list[float | None]:
    return [one.start_s for one in chosen(segments, findings)]


TWO = [keyed(0, 0, 5), keyed(1, 5, 10)]


@pytest.mark.parametrize(
    "worse", [{"sharp": 0.3}, {"bright": 0.1}, {"bright": 0.97}, {"colors": ("gray", "white")}]
)
def test_the_better_picture_comes_first(worse: dict[str, Any]) -> None:
    best, other = chosen(TWO, [*looks(0, **worse), *looks(1)])
    assert (best.frame, best.start_s, best.kind) == (object_ref("key-1"), 7.5, "thumbnail")
    assert best.reason.startswith("sharp (0.60), well lit (50%), colourful")
    assert 0 < other.score < best.score <= 1


@pytest.mark.parametrize(
    "worse", [looks(0, sharp=0.2), looks(0, bright=0.03), [*looks(0), measured("blurred", 0.2, end_s=4.0)]]
)
def test_a_blurred_or_dark_picture_is_none(worse: list[Finding]) -> None:
    assert times_s(TWO, [*worse, *looks(1)]) == [7.5]


def test_a_picture_in_a_transition_or_in_black_is_passed_over() -> None:
    findings = [*looks(0), *looks(1)]
    dissolve = keyed(1, 5, 10, transition_in="dissolve", transition_s=1.0)
    leaving = [keyed(0, 0, 5, keyframe_s=4.2), dissolve]
    arriving = [keyed(0, 0, 5), replace(dissolve, keyframe_s=5.8)]
    wiped = [*TWO, span("transition", 2.4, 3.0)]
    black = [*TWO, span("black", 2, 3)]
    found = [times_s(given, findings) for given in (leaving, wiped, black, arriving)]
    assert found == [[7.5], [7.5], [7.5], [2.5]]


def test_a_title_in_the_picture_speaks_for_it_unless_it_is_cut_off() -> None:
    title = text("Path Expressions", shot=1, start_s=5.0, end_s=10.0, box=(0.1, 0.1, 0.5, 0.08))
    best, _ = chosen(TWO, [*looks(0), *looks(1), title])
    assert best.start_s == 7.5
    assert "shows “Path Expressions”" in best.reason
    cut_off = text("ath Expressio", shot=1, start_s=5.0, end_s=10.0, box=(0.0, 0.1, 1.0, 0.08))
    assert times_s(TWO, [*looks(0), *looks(1), cut_off])[0] == 2.5


def test_only_what_is_shown_with_the_picture_is_said_to_be() -> None:
    """A shot may show several titles, and a title may stay over several shots; a keyframe shows what is there."""
    before = text("Planting Tomatoes", shot=0, start_s=0.0, end_s=2.4, box=(0.1, 0.1, 0.5, 0.12))
    staying = text("Watering Schedule", shot=0, start_s=2.4, end_s=10.0, box=(0.1, 0.1, 0.5, 0.08))
    for still in chosen(TWO, [*looks(0), *looks(1), before, staying]):
        assert "Watering Schedule" in still.reason
        assert "Planting" not in still.reason


def test_three_of_different_scenes_and_looks_are_chosen() -> None:
    shots = [keyed(index, 5.0 * index, 5.0 * index + 5, scene=index // 2) for index in range(6)]
    colors = [("blue",), ("blue",), ("red",), ("red",), ("green",), ("green",)]
    findings = [one for index in range(6) for one in looks(index, 0.9 - 0.01 * index, colors=colors[index])]
    found = chosen(shots, findings)
    assert [one.start_s for one in found] == [2.5, 12.5, 22.5]
    assert len({one.frame for one in found}) == 3


def test_no_keyframe_no_thumbnail() -> None:
    assert not chosen([shot(0, 0, 5)], [])
