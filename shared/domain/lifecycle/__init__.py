"""Every decision about a video's state, as pure functions from one state of the aggregate to the next.

A repository runs them inside a transaction: it loads the video, calls one of these, and saves the ``Change``
as a whole. So claims, fencing, retries and supersession are written once, and each adapter only has to be
atomic. A function may be called again when a transaction is retried; it must not have effects.

The rules hold only together, since each relies on what the others promise about tokens, runs and statuses. They
stand by what they are about: how a video comes to be (``arrivals``), who may work on it (``claims``), how an
attempt ends (``outcomes``), what people do to it (``interventions``), and what is done while nobody works on it
(``upkeep``). What several of them need stands in ``runs`` and ``failures``.
"""

from __future__ import annotations

from shared.domain.flow import Flow
from shared.domain.lifecycle.arrivals import Arrivals
from shared.domain.lifecycle.claims import Claims
from shared.domain.lifecycle.failures import INTERRUPTIONS_PER_ATTEMPT
from shared.domain.lifecycle.interventions import Interventions
from shared.domain.lifecycle.outcomes import OUTAGE_LASTS_AT_MOST, Outcomes
from shared.domain.lifecycle.upkeep import Upkeep

__all__ = ["INTERRUPTIONS_PER_ATTEMPT", "OUTAGE_LASTS_AT_MOST", "Lifecycle"]


class Lifecycle:
    """All rules of one flow.

    Each returns a function that decides: give it to ``VideoRepository.update``. Only redrive() decides nothing; it
    answers by itself.
    """

    def __init__(self, flow: Flow) -> None:
        arrivals = Arrivals(flow)
        self.reserve = arrivals.reserve
        self.expect = arrivals.expect
        self.give_up = arrivals.give_up
        self.register = arrivals.register

        claims = Claims(flow)
        self.claim = claims.claim
        self.hand_over = claims.hand_over
        self.heartbeat = claims.heartbeat

        outcomes = Outcomes(flow)
        self.commit = outcomes.commit
        self.fail = outcomes.fail
        self.release = outcomes.release
        self.withdraw = outcomes.withdraw
        self.interrupt = outcomes.interrupt

        interventions = Interventions(flow)
        self.edit = interventions.edit
        self.replay = interventions.replay
        self.delete = interventions.delete

        upkeep = Upkeep(flow)
        self.redrive = upkeep.redrive
        self.mark_redriven = upkeep.mark_redriven
        self.mark_swept = upkeep.mark_swept
        self.forget = upkeep.forget
