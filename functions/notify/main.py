"""Notify: sends what is announced about videos to the webhooks of their owners and to publishers.

Consumes: every announcement, and ``delivery-due``, which names one delivery to one webhook or publisher.
Emits: ``delivery-due``.
Idempotency key: event and receiver; one may get an event more than once, always under its id.
Time limit: pipeline.json, ``notify``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.notify.stage import Notifier
from functions.notify.strategies import PUBLISHERS
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    publishers = [PUBLISHERS.create(name, wiring) for name in wiring.settings.publishers]
    return wiring.guarded(Notifier(wiring, publishers=publishers).handle)


@functions_framework.http
def notify(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
