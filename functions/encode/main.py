"""Encode: makes one chunk of a long video, as one of many tasks that transcode starts.

Consumes: a pointer to an order in the media bucket, and the number of the task; no topic starts it.
Emits: nothing; transcode looks for what it leaves beside the order.
Idempotency key: the chunk's key, a digest of everything that its output follows from.
Time limit: pipeline.json, ``encode``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.encode.stage import ChunkEncoder
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    settings = wiring.settings
    encoder = ChunkEncoder(
        wiring.encoder,
        wiring.blobs,
        wiring.clock,
        settings.workspaces,
        time_limit_s=wiring.flow.task("encode").timeout_s,
        task=settings.task,
    )
    return wiring.guarded(encoder.handle)


@functions_framework.http
def encode(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
