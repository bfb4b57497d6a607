"""Analyze: finds out what is in a video, and where.

Consumes: ``video-segmented``.
Emits: ``video-analyzed``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``analyze``.
"""

from __future__ import annotations

from functools import cache, partial

import functions_framework
from flask import Request, Response

from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies import ANALYZERS
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap
from shared.processors.allowance import allowance_of


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    analyzers = [ANALYZERS.create(name, wiring) for name in wiring.settings.analyzers]
    allowance = partial(allowance_of, ports=wiring, limits=wiring.settings.budget)
    return wiring.endpoint("analyze", AnalyzeStage(analyzers, allowance))


@functions_framework.http
def analyze(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
