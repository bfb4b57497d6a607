"""The statuses that no stage names, and what may follow what.

A stage's own status stands in its row of the flow, so that a new stage brings its own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from shared.domain.flow import Flow

__all__ = [
    "AT_REST",
    "DELETED",
    "FAILED",
    "READY",
    "REGISTERED",
    "TERMINAL",
    "UPLOADING",
    "shown_statuses",
    "transitions",
]

UPLOADING: Final = "uploading"
"""A reservation: the bytes are still to come."""

REGISTERED: Final = "registered"
READY: Final = "ready"
FAILED: Final = "failed"
DELETED: Final = "deleted"

TERMINAL: Final = frozenset({READY, FAILED, DELETED})
"""A video with one of these waits for nobody."""

AT_REST: Final = TERMINAL | {UPLOADING}
"""No worker has anything to do for a video with one of these."""


def shown_statuses(flow: Flow) -> tuple[str, ...]:
    """Returns every status that a video can be seen with, in the order they come."""
    return (UPLOADING, REGISTERED, *(spec.status for spec in flow.stages), FAILED)


def transitions(flow: Flow) -> dict[str, frozenset[str]]:
    """Returns status -> statuses that may follow within one run; a new run starts over at any earlier one."""
    chain = [UPLOADING, REGISTERED, *(spec.status for spec in flow.stages)]
    table = {status: frozenset({following, FAILED, DELETED}) for status, following in pairwise(chain)}
    return table | {READY: frozenset({DELETED}), FAILED: frozenset({DELETED}), DELETED: frozenset()}
