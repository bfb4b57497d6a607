"""Budgets of models in every DocumentStore: nothing is overdrawn, whoever asks at once and whoever dies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.domain.codec import encode_json
from shared.domain.errors import TransientError
from shared.domain.spending import BudgetSettings, ModelSpending, day_pot, owner_pot, pots_of
from shared.domain.video import Cost, Source, Video
from shared.ports.document_store import DocumentStore
from shared.processors.allowance import Allowance, BudgetExceeded, allowance_of
from shared.testing.clock import ManualClock
from shared.testing.stage_context import FakeStageContext

LIMITS = BudgetSettings(video_usd=1.0, owner_day_usd=2.0, day_usd=3.0)

pytestmark = pytest.mark.reliability("A39")


@dataclass
class Budgets:
    """Budgets, and videos that draw on them."""

    documents: DocumentStore
    limits: BudgetSettings = LIMITS
    clock: ManualClock = field(default_factory=ManualClock)

    def allowance(self, video: Video) -> Allowance:
        return allowance_of(video, self, self.limits)

    def committed(self, video: Video) -> list[float]:
        """Returns what counts against the budgets of a video, its owner and the day."""
        return [spending.committed_usd for spending in self.kept(video)]

    def kept(self, video: Video) -> list[ModelSpending]:
        pots = pots_of(video, self.limits, self.clock.now())
        return [self.documents.get(ModelSpending, pot.empty.id, owner=None) or pot.empty for pot in pots]


@pytest.fixture
def budgets(document_store: DocumentStore) -> Budgets:
    return Budgets(document_store)


def video(number: int = 1, owner: str = "ann", token: int = 1, run: int = 1, generation: int = 1) -> Video:
    base = FakeStageContext(Path()).video
    source: Source = replace(base.source, generation=generation)
    return replace(base, id=f"v{number:026}", owner=owner, last_token=token, run=run, source=source)


def spend(allowance: Allowance, *usd: float, expected: float = 0.1) -> None:
    """Asks questions that cost so much."""
    for each in usd:
        with allowance.paying(expected, FakeStageContext(Path())) as session:
            session.charge(Cost(model_usd=each))


def test_what_is_held_counts_and_what_was_spent_takes_its_place(budgets: Budgets) -> None:
    with budgets.allowance(video()) as allowance:
        allowance.hold(0.5)
        assert budgets.committed(video()) == [0.5, 0.5, 0.5]
        spend(allowance, 0.02, 0.03)
    assert budgets.committed(video()) == [pytest.approx(0.05)] * 3
    assert all(spending.holds == () for spending in budgets.kept(video()))


@pytest.mark.parametrize(
    ("videos", "name"),
    [
        ([video(1, token=1), video(1, token=2)], "the video's budget"),
        ([video(1), video(2), video(3)], "its owner's budget of 2026-01-01"),
        ([video(1), video(2, "ben"), video(3, "cid"), video(4, "dan")], "the budget of 2026-01-01"),
    ],
)
def test_each_budget_refuses_what_is_too_much_and_then_nothing_is_held(
    budgets: Budgets, videos: list[Video], name: str
) -> None:
    *earlier, last = videos
    for one in earlier:
        with budgets.allowance(one) as allowance:
            allowance.hold(0.9)
            spend(allowance, 0.9, expected=0.9)
    before = budgets.committed(last)
    with budgets.allowance(last) as allowance, pytest.raises(BudgetExceeded, match="budget_exceeded") as refused:
        allowance.hold(0.9)
    assert name in refused.value.shortage
    assert budgets.committed(last) == pytest.approx(before)
    with budgets.allowance(last) as allowance:
        allowance.hold(0.1)
        assert budgets.committed(last) == pytest.approx([each + 0.1 for each in before])


def test_many_at_the_same_time_get_no_more_than_there_is(budgets: Budgets) -> None:
    def try_to_hold(number: int) -> bool:
        try:
            budgets.allowance(video(number, owner=f"owner {number}")).hold(0.5)
        except (BudgetExceeded, TransientError):  # stores may refuse to wait for so many
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        granted = sum(pool.map(try_to_hold, range(12)))
    pot = day_pot(LIMITS, budgets.clock.now())
    kept = budgets.documents.get(ModelSpending, pot.empty.id, owner=None)
    assert kept is not None
    assert granted <= 6
    assert kept.committed_usd == pytest.approx(0.5 * granted)
    assert granted == 6 or kept.committed_usd < LIMITS.day_usd


def test_what_a_store_was_too_busy_for_is_held_nowhere(budgets: Budgets, monkeypatch: pytest.MonkeyPatch) -> None:
    update, busy = budgets.documents.update, [True, True]

    def sometimes(kind: Any, document_id: str, decide: Any, *, owner: str | None) -> Any:
        if document_id.endswith(":all") and busy and busy.pop():
            raise TransientError("store_busy", "Not now.")
        return update(kind, document_id, decide, owner=owner)

    monkeypatch.setattr(budgets.documents, "update", sometimes)
    with pytest.raises(TransientError), budgets.allowance(video()) as allowance:
        allowance.hold(0.9)
    assert busy == []
    assert budgets.committed(video()) == [0.0, 0.0, 0.0]
    with budgets.allowance(video(token=2)) as allowance:
        allowance.hold(0.9)


def test_what_a_dead_attempt_held_stays_counted(budgets: Budgets) -> None:
    budgets.allowance(video(token=1)).hold(0.6)  # and then its worker is killed
    with budgets.allowance(video(token=2)) as allowance:
        with pytest.raises(BudgetExceeded):
            allowance.hold(0.6)
        allowance.hold(0.3)
        spend(allowance, 0.2)
    assert budgets.committed(video()) == [pytest.approx(0.8)] * 3
    assert all(spending.holds == () for spending in budgets.kept(video())), "nobody will settle the first"


def test_an_attempt_that_is_out_of_date_changes_nothing_any_more(budgets: Budgets) -> None:
    zombie = budgets.allowance(video(token=1))
    zombie.hold(0.6)
    with budgets.allowance(video(token=2)) as allowance:
        allowance.hold(0.3)
    with zombie:
        spend(zombie, 0.1)
    assert budgets.committed(video()) == [pytest.approx(0.6)] * 3


def test_settling_twice_pays_once(budgets: Budgets) -> None:
    allowance = budgets.allowance(video())
    allowance.hold(0.6)
    spend(allowance, 0.5)
    for _ in range(2):
        with allowance:
            pass
    assert budgets.committed(video()) == [0.5] * 3


def test_who_turns_out_dearer_holds_more_before_asking_again(budgets: Budgets) -> None:
    with budgets.allowance(video()) as allowance:
        allowance.hold(0.2)
        spend(allowance, 0.5, expected=0.1)  # it talks a lot
        spend(allowance, 0.3, expected=0.1)
        assert budgets.committed(video()) == [pytest.approx(0.6)] * 3, "0.5 that was spent, and 0.1 for the second"
        spend(allowance, 0.1, expected=0.1)
        with pytest.raises(BudgetExceeded):
            spend(allowance, 0.1, expected=0.2)
    assert budgets.committed(video()) == [pytest.approx(0.9)] * 3


def test_a_day_ends_and_a_newer_upload_begins_anew(budgets: Budgets) -> None:
    for token in (1, 2):
        with budgets.allowance(video(1, token=token)) as allowance:
            allowance.hold(0.45)
            spend(allowance, 0.45, expected=0.45)
    assert budgets.committed(video(1, generation=2)) == [0.0, pytest.approx(0.9), pytest.approx(0.9)]
    budgets.clock.advance(timedelta(days=1).total_seconds())
    assert budgets.committed(video(1)) == [pytest.approx(0.9), 0.0, 0.0]


def test_what_was_held_before_midnight_is_settled_there(budgets: Budgets) -> None:
    limits, began = budgets.limits, budgets.clock.now()
    with budgets.allowance(video()) as allowance:
        allowance.hold(0.5)
        budgets.clock.advance(timedelta(days=1).total_seconds())
        spend(allowance, 0.2)
    pots = (owner_pot("ann", limits, began), day_pot(limits, began))
    kept = [budgets.documents.get(ModelSpending, pot.empty.id, owner=None) for pot in pots]
    assert [spending.committed_usd for spending in kept if spending] == [0.2, 0.2]
    assert budgets.committed(video())[1:] == [0.0, 0.0]


def test_without_limits_nothing_is_counted(document_store: DocumentStore) -> None:
    budgets = Budgets(document_store, BudgetSettings(video_usd=0, owner_day_usd=0, day_usd=0))
    with budgets.allowance(video()) as allowance:
        assert not allowance.limited
        allowance.hold(1e9)
        spend(allowance, 1e9)
    assert document_store.owned(ModelSpending, owner="ann") == []


def test_one_limit_alone(document_store: DocumentStore) -> None:
    budgets = Budgets(document_store, BudgetSettings(video_usd=0, owner_day_usd=0, day_usd=1.0))
    with budgets.allowance(video()) as allowance:
        allowance.hold(0.7)
        with pytest.raises(BudgetExceeded):
            budgets.allowance(video(2)).hold(0.7)
        budgets.allowance(video(2)).hold(0.2)


def test_a_deleted_video_stays_deleted(budgets: Budgets) -> None:
    with budgets.allowance(video()) as allowance:
        allowance.hold(0.2)
        assert budgets.documents.delete_about(video().id) == 1
        spend(allowance, 0.3, 0.1, expected=0.2)
        assert video().id not in encode_json(budgets.kept(video())[-1])
    assert budgets.committed(video()) == [0.0, pytest.approx(0.4), pytest.approx(0.4)]
    assert budgets.documents.about(ModelSpending, video().id) == []


def test_a_day_is_forgotten_in_time_and_a_video_with_itself(budgets: Budgets) -> None:
    budgets.allowance(video()).hold(0.2)
    in_two_days, in_four = (budgets.clock.now() + timedelta(days=days) for days in (2, 4))
    assert budgets.documents.due(ModelSpending, until=in_two_days) == []
    assert {one.about for one in budgets.documents.due(ModelSpending, until=in_four)} == {""}
