"""Sweep: publishes what was left in the outbox, re-drives what got stuck, clears what nothing refers to.

Consumes: ``sweep-due``, which a scheduler sends as pipeline.json's ``schedules`` say.
Emits: whatever event a video waits for.
Idempotency key: none needed; a run finds nothing to do where another has been.
Time limit: ``timeout_s`` in pipeline.json. Nothing new is begun after the message's ``within_s``, so that what is
under way has the rest of the time; what one run does not finish the next goes on with.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.sweep.stage import THREADS, Sweeper
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    return wiring.guarded(Sweeper(wiring, threads=THREADS).handle)


@functions_framework.http
def sweep(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
