"""Ingest: names an uploaded object, guards the pipeline against it, and measures it.

Consumes: an object-finalize event of the upload bucket, from Eventarc or as a Pub/Sub bucket notification.
Emits: ``video-ingested``, or ``video-failed``.
Idempotency key: bucket, object name and generation.
Time limit: pipeline.json, ``ingest``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from functions.ingest.stage import IngestStage
from shared.bootstrap import Bootstrap
from shared.runtime.entrypoint import StageRunner


@cache
def _runner() -> StageRunner:
    wiring = Bootstrap()
    return wiring.runner("ingest", IngestStage(wiring.media_tool, wiring.settings.limits))


@functions_framework.cloud_event
def ingest(event: CloudEvent) -> None:
    """Handles one delivery."""
    _runner().handle(event)
