"""A strategy from outside that does anything wrong ends alone, and the attempt says so."""

from __future__ import annotations

import math
from asyncio import CancelledError
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import (
    ConfigurationError,
    LeaseLost,
    Outage,
    PermanentError,
    TransientError,
)
from shared.domain.records import Finding
from shared.domain.video import Lease, Video
from shared.processors.isolation import Budget, Isolation
from shared.processors.strategy import Limits, Strategy
from shared.testing.stage_context import FakeStageContext

NO_PORTS: Any = None


class Outside(Strategy):
    """Comes from a package."""

    name = "outside"
    version = "1"
    outputs = frozenset({"1", "2", "3"})
    limits = Limits(time_share=0.5, results=3)
    package = "others 2.0"


class OfTheProduct(Outside):
    """The same, built in."""

    package = ""


class Attempt(FakeStageContext):
    """An attempt whose number and time a test chooses."""

    number: int = 2
    left_s: float = 100.0

    @property
    def video(self) -> Video:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        lease = Lease(stage="tag", token=1, attempt=self.number, worker="w", started_at=at, expires_at=at)
        return replace(super().video, lease=lease)

    def remaining_s(self) -> float:
        return self.left_s


class FirstAttempt(Attempt):
    """The first."""

    number = 1


class Unspeakable(Exception):
    """Has a fault of its own."""

    def __str__(self) -> str:
        raise ZeroDivisionError


def results(
    context: FakeStageContext, work: Callable[[Budget], Iterable[int]], strategy: Any = Outside
) -> list[int]:
    return list(Isolation(context).results(strategy(NO_PORTS), int, work, str))


def failing(error: BaseException) -> Callable[[Budget], Iterable[int]]:
    def work(_: Budget) -> Iterable[int]:
        yield 1
        raise error

    return work


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bug"),
        MemoryError(),
        RecursionError(),
        SystemExit(2),
        GeneratorExit(),
        CancelledError(),
        Unspeakable(),
        KeyError("x"),
        PermanentError("bad", "No."),
        ConfigurationError("bad", "No."),
        TransientError("later", "Not now."),
    ],
)
def test_its_failure_leaves_a_caveat_and_nothing_else(error: BaseException, tmp_path: Path) -> None:
    context = Attempt(tmp_path)

    assert results(context, failing(error)) == []
    (caveat,) = context.caveats
    assert caveat.code == "plugin_failed"
    assert "'outside' of the package others 2.0" in caveat.detail
    assert type(error).__name__ in caveat.detail


@pytest.mark.parametrize("error", [LeaseLost("gone"), Outage("down", "Down."), KeyboardInterrupt()])
def test_what_is_not_its_fault_is_passed_on(error: BaseException, tmp_path: Path) -> None:
    context = Attempt(tmp_path)
    with pytest.raises(type(error)):
        results(context, failing(error))
    assert context.caveats == []


def test_what_may_come_right_is_tried_again_once(tmp_path: Path) -> None:
    with pytest.raises(TransientError):
        results(FirstAttempt(tmp_path), failing(TransientError("later", "Not now.")))
    assert results(FirstAttempt(tmp_path), failing(ValueError())) == []


def test_one_of_the_product_is_not_held_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bug"):
        results(Attempt(tmp_path), failing(ValueError("bug")), OfTheProduct)
    assert results(Attempt(tmp_path), lambda _: [7] * 9, OfTheProduct) == [7] * 9


@pytest.mark.parametrize(
    ("left", "why"),
    [([1, 2, 3, 1], "more than 3 results"), ([1, 7], "'7', which is none of its outputs"), ([1, "2"], "no int")],
)
def test_it_is_held_to_what_it_declares(left: list[Any], why: str, tmp_path: Path) -> None:
    context = Attempt(tmp_path)
    assert results(context, lambda _: [1, 2, 3]) == [1, 2, 3]
    assert context.caveats == []
    assert results(context, lambda _: left) == []
    assert why in context.caveats[0].detail


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"modality": "smell"}, "smell"),
        ({"reason": None}, "reason"),
        ({"shot": "first"}, "shot"),
        ({"name": object()}, "object"),
        ({"confidence": math.nan}, "JSON"),
        ({"value": (1, 2)}, "value"),
        ({"producer": "text"}, "'text'"),
    ],
)
def test_what_nobody_could_read_again_is_none(wrong: dict[str, Any], why: str, tmp_path: Path) -> None:
    context = Attempt(tmp_path)
    assert left(context, {"box": [0.0, 0.0, 0.5, 1.0]})[0].box == (0.0, 0.0, 0.5, 1.0)
    assert context.caveats == []
    assert left(context, wrong) == []
    assert why in context.caveats[0].detail


def left(context: FakeStageContext, given: dict[str, Any]) -> list[Finding]:
    usual = {
        "name": "mood",
        "modality": "picture",
        "value": "calm",
        "start_s": 0.0,
        "end_s": 1.0,
        "confidence": 1.0,
    }
    one = Finding(**{**usual, "producer": "outside", "producer_version": "1", **given})
    outside = type("Free", (Outside,), {"outputs": None})
    return list(Isolation(context).results(outside(NO_PORTS), Finding, lambda _: [one], lambda found: found.name))


def test_the_third_attempt_goes_without_it(tmp_path: Path) -> None:
    """What hangs or takes the process with it leaves no other trace than attempts that failed."""
    context, asked = Attempt(tmp_path), []

    def work(_: Budget) -> Iterable[int]:
        asked.append(context.number)
        return [1]

    for context.number in (1, 2, 3):
        results(context, work)
    assert asked == [1, 2]
    (caveat,) = context.caveats
    assert (caveat.code, "2 attempts with it have failed" in caveat.detail) == ("plugin_failed", True)
    assert results(context, work, OfTheProduct) == [1]


def test_it_has_its_share_of_the_time(tmp_path: Path) -> None:
    context = Attempt(tmp_path)
    seen = []

    def slow(budget: Budget) -> Iterable[int]:
        for result in (1, 2, 3):
            seen.append(budget.left_s())
            context.left_s -= 20
            yield result

    assert results(context, slow) == []
    assert "more than the 50.0 s" in context.caveats[0].detail
    assert seen == [50.0, 30.0, 10.0]
    context.left_s = 100.0
    assert results(context, slow, OfTheProduct) == [1, 2, 3]
