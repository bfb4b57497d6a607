"""What the maker of a drawn video is told, whose parts, titles, movement and faults are known."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import pytest

from functions.analyze.strategies.pictures import PicturesAnalyzer
from functions.segment.strategies.black import BlackSegmenter
from functions.tag.stage import TagStage
from functions.tag.strategies import TAGGERS
from shared.domain.ranking import with_ranks
from shared.domain.records import Finding, Rank, Recommendation, RecommendationKind, Record, Segment
from tests.drawn_video import COLUMNS, ROWS, Caption, DrawnVideo, Picture, landscape
from tests.media.understanding import draw_clip, understood
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import text

TITLES: Final = ("Mountain railways", "Harbor cranes", "Forest paths")
PLACES: Final = tuple(landscape(seed, 0.0) for seed in (3, 4, 5))
PART_S: Final = 12.0
BLACK_S: Final = 2.0
BALL: Final = (520, 40)
"""The middle of what moves in the first part, and its radius, in pixels."""

STARTS_S: Final = (0.0, PART_S, 2 * PART_S + BLACK_S)
DURATION_S: Final = 3 * PART_S + BLACK_S


def behind(time_s: float) -> Picture:
    """Returns a landscape with a ball that jumps on the right in the first part, and in the middle later."""
    if 2 * PART_S <= time_s < 2 * PART_S + BLACK_S:
        return np.zeros((ROWS, COLUMNS, 3), np.uint8)
    part = sum(time_s >= start_s for start_s in STARTS_S) - 1
    picture = PLACES[part](0.0).copy()
    across = BALL[0] if part == 0 else COLUMNS // 2
    down = ROWS // 2 + round(100 * np.sin(4 * time_s))
    cv2.circle(picture, (across, down), BALL[1], (230, 230, 230), -1)
    return picture


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    """What the stages segment, analyze and tag leave."""
    shown = [(title, start_s + 0.2, start_s + 4.0) for title, start_s in zip(TITLES, STARTS_S, strict=True)]
    captions = [
        Caption(text=title, start_s=start_s, end_s=end_s, left=40, baseline=60, scale=1.3)
        for title, start_s, end_s in shown
    ]
    lines = [
        text(title, start_s=start_s, end_s=end_s, box=(0.06, 0.08, 0.6, 0.09)) for title, start_s, end_s in shown
    ]
    folder = tmp_path_factory.mktemp("advice")
    clip = draw_clip(folder / "clip.mp4", DURATION_S, DrawnVideo(behind, captions))
    context = understood(clip, folder, [PicturesAnalyzer], more=[BlackSegmenter])
    context.inputs = (*context.inputs, *lines)
    taggers = [TAGGERS.create(name, ports()) for name in ("keywords", "signals")]
    tagged = TagStage(taggers).run(context).records
    return (*context.inputs, *tagged)


def of_kind(records: tuple[Record, ...], kind: RecommendationKind) -> list[Recommendation]:
    return [one for one in records if isinstance(one, Recommendation) and one.kind == kind]


def test_each_part_is_a_chapter_with_its_title(records: tuple[Record, ...]) -> None:
    chapters = of_kind(records, "chapter")
    assert [one.value for one in chapters] == list(TITLES)
    assert [one.start_s for one in chapters] == pytest.approx(STARTS_S, abs=BLACK_S + 0.05)


def test_each_part_has_a_thumbnail_that_exists(records: tuple[Record, ...]) -> None:
    stills = {one.keyframe: one.start_s for one in records if isinstance(one, Segment) and one.keyframe}
    thumbnails = of_kind(records, "thumbnail")
    parts = {sum((one.start_s or 0.0) >= start_s for start_s in STARTS_S) for one in thumbnails}
    assert parts == {1, 2, 3}
    assert all(one.frame in stills for one in thumbnails)
    assert not any(2 * PART_S <= (one.start_s or 0.0) < 2 * PART_S + BLACK_S for one in thumbnails)


def test_highlights_are_whole_shots_without_the_black(records: tuple[Record, ...]) -> None:
    edges = {round(edge, 2) for one in records if isinstance(one, Segment) for edge in (one.start_s, one.end_s)}
    highlights = of_kind(records, "highlight")
    assert highlights
    for one in highlights:
        assert one.start_s is not None
        assert one.end_s is not None
        assert 5.0 <= one.end_s - one.start_s <= DURATION_S / 2
        assert {round(one.start_s, 2), round(one.end_s, 2)} <= edges
        assert one.end_s <= 2 * PART_S + 0.1 or one.start_s >= 2 * PART_S + BLACK_S - 0.1


def test_the_window_of_9_16_holds_what_moves(records: tuple[Record, ...]) -> None:
    first, *_ = (one for one in records if isinstance(one, Finding) and one.name == "focus")
    assert first.box is not None
    left, _, width, _ = first.box
    assert left * COLUMNS <= BALL[0] - 0.8 * BALL[1]
    assert (left + width) * COLUMNS >= BALL[0] + 0.8 * BALL[1]
    window = of_kind(records, "reframe")[0]
    assert window.value == "pad", "the title is wider than the window"
    assert "Mountain railways" in window.reason


def test_titles_lift_what_they_stand_in_and_black_is_to_be_cut_out(records: tuple[Record, ...]) -> None:
    shots = [one for one in records if isinstance(one, Segment) and one.kind == "shot"]
    ranks = [one for one in records if isinstance(one, Rank)]
    best = max(with_ranks(shots, ranks), key=lambda shot: shot.score or 0.0)
    assert any(sign.name == "text" and sign.value > 0.2 for sign in best.signs)
    assert [one.value for one in of_kind(records, "title")] == [TITLES[0]]
    (black,) = [one for one in of_kind(records, "fix") if "black" in one.value]
    assert (black.start_s, black.end_s) == pytest.approx((2 * PART_S, 2 * PART_S + BLACK_S), abs=0.05)
