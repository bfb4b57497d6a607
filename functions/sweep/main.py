"""Sweep: publishes what was left in the outbox, re-drives what got stuck, clears what nothing refers to.

Consumes: any message; a scheduler sends one every pipeline.json ``sweep_interval_s``.
Emits: whatever event a video waits for.
Idempotency key: none needed; a run finds nothing to do where another has been.
Time limit: the scheduler's interval; what one run does not finish the next goes on with.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from functions.sweep.stage import Sweeper
from shared.bootstrap import Bootstrap


@cache
def _sweeper() -> Sweeper:
    return Sweeper(Bootstrap())


@functions_framework.cloud_event
def sweep(event: CloudEvent) -> None:
    """Handles one delivery."""
    del event
    _sweeper().run()
