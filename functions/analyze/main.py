"""Analyze: finds out what is in a video, and where.

Consumes: ``video-segmented``.
Emits: ``video-analyzed``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``analyze``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies import ANALYZERS
from shared.bootstrap import Bootstrap
from shared.runtime.entrypoint import StageRunner


@cache
def _runner() -> StageRunner:
    wiring = Bootstrap()
    analyzers = [ANALYZERS.create(name, wiring) for name in wiring.settings.analyzers]
    return wiring.runner("analyze", AnalyzeStage(analyzers))


@functions_framework.cloud_event
def analyze(event: CloudEvent) -> None:
    """Handles one delivery."""
    _runner().handle(event)
