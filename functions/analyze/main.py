"""Analyze: finds out what is in a video, and where.

Consumes: ``video-segmented``.
Emits: ``video-analyzed``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``analyze``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies import ANALYZERS
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    analyzers = [ANALYZERS.create(name, wiring) for name in wiring.settings.analyzers]
    return wiring.endpoint("analyze", AnalyzeStage(analyzers))


@functions_framework.http
def analyze(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
