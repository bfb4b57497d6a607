"""Export: packs everything that an owner has into one archive, and removes the archive a week later.

Consumes: ``export-requested``, which names an export that is due.
Emits: nothing; the export itself tells how far it is.
Idempotency key: the export's id; one that is not due, or that somebody is making, is left alone.
Time limit: pipeline.json, ``export``. What can't be copied within that fails as too large.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.export.stage import Exporter
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    return wiring.guarded(Exporter(wiring).handle)


@functions_framework.http
def export(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
