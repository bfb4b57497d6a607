"""Transcode: decodes once and makes everything that is played or analyzed.

Consumes: ``video-ingested``.
Emits: ``video-transcoded``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``transcode``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from functions.transcode.stage import TranscodeStage
from functions.transcode.strategies import LADDERS
from shared.bootstrap import Bootstrap
from shared.runtime.entrypoint import StageRunner


@cache
def _runner() -> StageRunner:
    wiring = Bootstrap()
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    return wiring.runner("transcode", TranscodeStage(wiring.media_tool, wiring.packager, ladder))


@functions_framework.cloud_event
def transcode(event: CloudEvent) -> None:
    """Handles one delivery."""
    _runner().handle(event)
