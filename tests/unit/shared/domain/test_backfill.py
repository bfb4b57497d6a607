from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.domain.backfill import Selection, owner_of_backfill
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository


def test_conditions_are_understood() -> None:
    said = ["status=failed", "code=poison", "owner=a=b", "after=2026-11-01", "before=2026-11-02T12:00:00+01:00"]
    selection = Selection.parse(said)
    assert selection == Selection(
        status="failed",
        code="poison",
        owner="a=b",
        after=datetime(2026, 11, 1, tzinfo=UTC),
        before=datetime(2026, 11, 2, 11, tzinfo=UTC),
    )
    assert Selection.parse(f"{name}={value}" for name, value in selection.described().items()) == selection
    assert Selection.parse([]) == Selection()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("size=3", "there are status=, code=, owner=, after=, before="),
        ("failed", "there are status="),
        ("status=transcoded", "ready or failed"),
        ("after=yesterday", "such as 2026-11-01"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_there_is(condition: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Selection.parse([condition])


def test_a_condition_given_twice_is_no_alternative() -> None:
    with pytest.raises(ValueError, match="code= is given twice"):
        Selection.parse(["code=a", "code=b"])


def test_what_is_still_being_worked_on_is_never_among_them() -> None:
    driver = VideoDriver(InMemoryVideoRepository())
    waiting = driver.upload("ann/a.mp4")
    failed = driver.fail(driver.claim(driver.upload("ann/b.mp4"), "ingest"), code="not_video")
    ready = driver.finish(driver.upload("ann/c.mp4"))
    included = [Selection().includes(video) for video in (waiting, failed, ready)]
    assert included == [False, True, True]
    included = [Selection(code="not_video").includes(video) for video in (waiting, failed, ready)]
    assert included == [False, True, False]


def test_the_same_conditions_have_the_same_name_in_any_order() -> None:
    name = Selection.parse(["status=failed", "owner=ann"]).name("analyze")
    assert name == Selection.parse(["owner=ann", "status=failed"]).name("analyze")
    assert len({name, Selection.parse(["owner=bob"]).name("analyze"), Selection().name("tag")}) == 3
    owner_of_backfill(name)


@pytest.mark.parametrize("name", ["", "A", "a b", "a/b", "-a", "a.b", "a" * 64])
def test_names(name: str) -> None:
    with pytest.raises(ValueError, match="63"):
        owner_of_backfill(name)
