"""What one attempt may spend on models: held in every budget that counts before anything is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol

from shared.domain.attempt import ToolRun
from shared.domain.errors import PermanentError, PipelineError
from shared.domain.identity import erased_id
from shared.domain.spans import Attributes
from shared.domain.spending import BudgetSettings, Hold, ModelSpending, Pot, pots_of, usd_text
from shared.domain.video import Cost, Video
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore, Edit
from shared.ports.tool_session import ToolSession

__all__ = ["Allowance", "BudgetExceeded", "BudgetPorts", "allowance_of", "committed_usd"]


class BudgetPorts(Protocol):
    """What budgets are kept with."""

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def clock(self) -> Clock: ...


class BudgetExceeded(PermanentError):
    """A budget does not allow what was to be asked; nothing was held for it.

    Args:
        pot: The budget.
        left_usd: US dollars that are left of it.
        wanted_usd: US dollars that it would have taken.

    Attributes:
        shortage: What is left of what, in words.
    """

    def __init__(self, pot: Pot, left_usd: float, wanted_usd: float) -> None:
        self.wanted_usd = wanted_usd
        self.shortage = f"{usd_text(left_usd)} of {usd_text(pot.limit_usd)} is left of {pot.name}"
        super().__init__(
            "budget_exceeded",
            f"Asking the model would have cost about {usd_text(wanted_usd)}, and {self.shortage}. Raise "
            "AUTOMATIONS_BUDGET or wait for another day, then replay from analyze.",
        )


class Allowance:
    """Holds money in budgets and settles them at the end; a context manager. May be used from several threads.

    Budgets are held one after the other, each in a transaction of its own: whoever is refused by the second gives
    back what the first has held. So none is ever overdrawn, and two attempts may at worst both be refused what one
    of them could have had.

    What is held is what is expected. An attempt that turns out dearer holds more before it asks again; so budgets
    are overdrawn by no more than what answers under way are longer than expected.

    Args:
        documents: Where budgets are kept.
        key: The attempt's; every attempt has another one.
        about: The video it is about.
        pots: The budgets; none for spending without limit.
        now: When it begins.
    """

    def __init__(
        self,
        documents: DocumentStore | None = None,
        *,
        key: str = "",
        about: str = "",
        pots: Sequence[Pot] = (),
        now: datetime | None = None,
    ) -> None:
        self._documents = documents
        self._key = key
        self._about = about
        self._pots = pots
        self._now = now
        self._lock = threading.Lock()
        self._has_held = False  # in any budget, whether that was enough or not
        self._held_usd = 0.0
        self._promised_usd = 0.0
        self._spent_usd = 0.0

    def __enter__(self) -> Allowance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pot in self._pots if self._has_held else ():
            # What went wrong before matters more; what can't be settled counts as held.
            with suppress(PipelineError) if error else nullcontext():
                self._settle(pot)

    @property
    def limited(self) -> bool:
        """Whether anything is counted."""
        return bool(self._pots)

    @property
    def spent_usd(self) -> float:
        """What was paid until now."""
        return self._spent_usd

    def hold(self, usd: float) -> None:
        """Holds so much in every budget, instead of what was held before.

        Args:
            usd: US dollars that asking is expected to cost.

        Raises:
            BudgetExceeded: One of them has not so much left; then nothing more is held anywhere.
            TransientError: The store can't be reached.
        """
        if usd:
            with self._lock:
                self._hold(usd)

    @contextmanager
    def paying(self, usd: float, session: ToolSession) -> Iterator[ToolSession]:
        """Has a block ask a model once; what the session is charged there is paid from what is held.

        Args:
            usd: US dollars that the answer is expected to cost.
            session: Gets the bill.

        Raises:
            BudgetExceeded: That is more than is held, and no more can be.
            TransientError: The store can't be reached.
        """
        if not self._pots:
            yield session
            return
        with self._lock:
            wanted_usd = self._spent_usd + self._promised_usd + usd
            if wanted_usd > self._held_usd:
                self._hold(wanted_usd)
            self._promised_usd += usd
        meter = _Meter(session)
        try:
            yield meter
        finally:
            with self._lock:
                self._promised_usd -= usd
                self._spent_usd += meter.usd

    def _hold(self, usd: float) -> None:
        self._has_held = True
        for done, pot in enumerate(self._pots):
            refusal = self._held_in(pot, usd)
            if refusal is not None:
                for earlier in self._pots[:done]:
                    self._held_in(earlier, self._held_usd)
                raise refusal
        self._held_usd = usd

    def _held_in(self, pot: Pot, usd: float) -> BudgetExceeded | None:
        if self._documents is None or self._now is None:
            return None
        hold = Hold(key=self._key, about=self._about, usd=usd, at=self._now)

        def decide(kept: ModelSpending | None) -> Edit[ModelSpending, BudgetExceeded | None]:
            if not usd or (kept is None and self._held_usd):  # nothing that was deleted meanwhile comes back
                return Edit(answer=None, document=kept.settled(self._key, 0.0) if kept else None)
            spending = (kept or pot.empty).held(hold)
            if usd > self._held_usd and not pot.allows(spending):
                return Edit(answer=BudgetExceeded(pot, pot.left_usd(kept, self._key), usd))
            return Edit(answer=None, document=spending)

        return self._documents.update(ModelSpending, pot.empty.id, decide, owner=None)

    def _settle(self, pot: Pot) -> None:
        if self._documents is None:
            return

        def decide(kept: ModelSpending | None) -> Edit[ModelSpending, None]:
            return Edit(answer=None, document=kept.settled(self._key, self._spent_usd) if kept else None)

        self._documents.update(ModelSpending, pot.empty.id, decide, owner=None)


def allowance_of(video: Video, ports: BudgetPorts, limits: BudgetSettings) -> Allowance:
    """Returns what the attempt at a video may spend whose turn it is.

    Args:
        video: The video, as the attempt has claimed it.
        ports: What budgets are kept with.
        limits: How much there is.
    """
    now, alias = ports.clock.now(), erased_id(video.id)  # a day's budget outlives the videos of that day
    return Allowance(
        ports.documents if limits.any else None,
        key=f"{alias}:r{video.run}:{video.last_token}",
        about=alias,
        pots=pots_of(video, limits, now),
        now=now,
    )


def committed_usd(pot: Pot, documents: DocumentStore) -> float:
    """Returns what was spent of a budget, or may be by attempts that are asking."""
    kept = documents.get(ModelSpending, pot.empty.id, owner=None)
    return kept.committed_usd if kept else 0.0


@dataclass
class _Meter:
    """A session that counts what it is charged."""

    session: ToolSession
    usd: float = 0.0

    def remaining_s(self) -> float:
        return self.session.remaining_s()

    def progress(self, fraction: float) -> None:
        self.session.progress(fraction)

    def charge(self, cost: Cost) -> None:
        self.usd += cost.model_usd
        self.session.charge(cost)

    def record(self, run: ToolRun) -> None:
        self.session.record(run)

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        return self.session.step(name, attributes)
