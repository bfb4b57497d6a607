"""Clip: cuts a part out of a video, or puts its highlights together, and removes the file a week later.

Consumes: ``clip-requested``, which names a clip that is due.
Emits: nothing; the clip itself tells how far it is.
Idempotency key: the clip's id; one that is not due, or that somebody is making, is left alone.
Time limit: pipeline.json, ``clip``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.clip.stage import Clipper
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    return wiring.guarded(Clipper(wiring).handle)


@functions_framework.http
def clip(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
