"""What models may cost and have cost: held before they are asked, settled when they have answered.

A budget is a document: what was spent, and what is held for attempts that are asking. What an attempt held that
has died stays in the sum: nobody knows what it had spent by then, and a budget is rather kept than used up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from shared.domain.video import Video

__all__ = ["BudgetSettings", "Hold", "ModelSpending", "Pot", "day_pot", "owner_pot", "pots_of", "usd_text"]

Usd = Annotated[float, Meta(ge=0)]

_KEPT: Final = timedelta(days=3)
"""A day's spending can be looked up for some time, and whoever held some of it past midnight settles there."""

_LONGEST_ATTEMPT: Final = timedelta(days=1)
_SMALLEST_USD: Final = 1e-9  # what rounding leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """What the analyzer 'gemini' may spend at list price; each read from ``AUTOMATIONS_BUDGET__<NAME>``.

    Attributes:
        video_usd: US dollars for one video, all runs together; a newer upload begins anew. 0 for any amount.
        owner_day_usd: US dollars for all videos of one owner in a day, by UTC. 0 for any amount.
        day_usd: US dollars for all videos in a day, by UTC. 0 for any amount.
    """

    video_usd: Usd = 5.0
    owner_day_usd: Usd = 50.0
    day_usd: Usd = 200.0

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return max(self.video_usd, self.owner_day_usd, self.day_usd) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What an attempt may still spend.

    Attributes:
        key: The attempt's.
        about: What stands for the video.
        usd: US dollars.
        at: When it was held.
    """

    key: str
    about: str
    usd: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpending:
    """A document: what counts against one budget.

    Attributes:
        id: The budget's.
        owner: Whose it is; empty for that of all.
        about: The video, for the budget of one.
        due_at: When it is forgotten; None for that of a video, which goes with it.
        spent_usd: What was paid at list price, and what attempts had held that died.
        holds: What attempts hold that are asking.
    """

    id: str
    owner: str
    about: str
    due_at: datetime | None
    spent_usd: float = 0.0
    holds: tuple[Hold, ...] = ()

    @property
    def committed_usd(self) -> float:
        """What was spent or may be."""
        return self.spent_usd + sum(hold.usd for hold in self.holds)

    def held(self, hold: Hold) -> ModelSpending:
        """Returns it with a hold in place of the attempt's last one.

        An earlier attempt at the same video is dead, or its results won't count; so is any of yesterday's. What
        such ones hold counts as spent.
        """
        dead = [one for one in self.holds if one.key != hold.key and _is_dead(one, hold)]
        others = (one for one in self.holds if one.key != hold.key and one not in dead)
        spent_usd = self.spent_usd + sum(one.usd for one in dead)
        return replace(self, spent_usd=spent_usd, holds=(*others, hold))

    def settled(self, key: str, usd: float) -> ModelSpending | None:
        """Returns it with what an attempt spent instead of what it held; None if it holds nothing (any more)."""
        others = tuple(one for one in self.holds if one.key != key)
        if len(others) == len(self.holds):
            return None
        return replace(self, spent_usd=self.spent_usd + usd, holds=others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """One budget.

    Attributes:
        name: What people call it.
        limit_usd: How much there may be in all.
        empty: Its document, before anything was spent.
    """

    name: str
    limit_usd: float
    empty: ModelSpending

    def allows(self, spending: ModelSpending) -> bool:
        """Tells whether that is within it."""
        return spending.committed_usd <= self.limit_usd + _SMALLEST_USD

    def left_usd(self, spending: ModelSpending | None, key: str = "") -> float:
        """Returns what is left of it, apart from what an attempt holds itself; never less than 0."""
        holds = spending.holds if spending else ()
        used = spending.committed_usd - sum(one.usd for one in holds if one.key == key) if spending else 0.0
        return max(self.limit_usd - used, 0.0)


def pots_of(video: Video, limits: BudgetSettings, now: datetime) -> Sequence[Pot]:
    """Returns the budgets that limit what a video may cost: its own first, that of all last."""
    own = f"{video.id}:g{video.source.generation}"
    of_video = Pot(
        name="the video's budget",
        limit_usd=limits.video_usd,
        empty=ModelSpending(id=own, owner=video.owner, about=video.id, due_at=None),
    )
    pots = (of_video, owner_pot(video.owner, limits, now), day_pot(limits, now))
    return [pot for pot in pots if pot.limit_usd]


def owner_pot(owner: str, limits: BudgetSettings, now: datetime) -> Pot:
    """Returns an owner's budget of a day."""
    digest = sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    name = f"{_day(now)}:owner:{digest}"
    return Pot(
        name=f"its owner's budget of {_day(now)}",
        limit_usd=limits.owner_day_usd,
        empty=ModelSpending(id=name, owner=owner, about="", due_at=_forgotten(now)),
    )


def day_pot(limits: BudgetSettings, now: datetime) -> Pot:
    """Returns the budget of all videos in a day."""
    return Pot(
        name=f"the budget of {_day(now)}",
        limit_usd=limits.day_usd,
        empty=ModelSpending(id=f"{_day(now)}:all", owner="", about="", due_at=_forgotten(now)),
    )


def usd_text(usd: float) -> str:
    """Returns an amount as people are told it."""
    return f"${usd:.4f}" if usd < 0.1 else f"${usd:.2f}"  # most videos cost cents


def _is_dead(one: Hold, younger: Hold) -> bool:
    return one.about == younger.about or younger.at - one.at > _LONGEST_ATTEMPT


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def _forgotten(now: datetime) -> datetime:
    return now + _KEPT
