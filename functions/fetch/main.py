"""Fetch: downloads a file that somebody named by its URL, and puts it where uploads go.

Consumes: ``import-requested``, which names an import that is due.
Emits: nothing itself; the bucket announces the upload, ``video-failed`` an import that came to nothing.
Idempotency key: the import's id; one that is not due, or that somebody is fetching, is left alone.
Time limit: pipeline.json, ``fetch``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.fetch.stage import Fetcher
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    return wiring.guarded(Fetcher(wiring).handle)


@functions_framework.http
def fetch(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
