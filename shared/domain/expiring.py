"""Documents with which nothing is done when they are due: their time is over, and anybody may remove them."""

from __future__ import annotations

from typing import Any, Final

from shared.domain.audit import AuditEntry
from shared.domain.backfill import Backfill, PlannedReplay
from shared.domain.idempotent_answer import IdempotentAnswer
from shared.domain.spending import ModelSpending

__all__ = ["EXPIRING"]

EXPIRING: Final[tuple[type[Any], ...]] = (
    AuditEntry,
    Backfill,
    IdempotentAnswer,
    ModelSpending,
    PlannedReplay,
)
"""Their kinds. Sweep removes them; where a store does so by itself, sweep finds nothing left to do."""
