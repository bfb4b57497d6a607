"""Ingest: names an uploaded object, guards the pipeline against it, and measures it.

Consumes: an object-finalize event of the upload bucket, from Eventarc or as a Pub/Sub bucket notification.
Emits: ``video-ingested``, or ``video-failed``.
Idempotency key: bucket, object name and generation.
Time limit: pipeline.json, ``ingest``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.ingest.stage import IngestStage
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    return wiring.endpoint("ingest", IngestStage(wiring.media_tool, wiring.settings.limits))


@functions_framework.http
def ingest(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
