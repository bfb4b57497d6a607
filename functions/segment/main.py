"""Segment: finds shots, black, silence, speech and music, groups shots to scenes and ranks them.

Consumes: ``video-transcoded``.
Emits: ``video-segmented``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``segment``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.segment.stage import SegmentStage
from functions.segment.strategies import SEGMENTERS
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    segmenters = [SEGMENTERS.create(name, wiring) for name in wiring.settings.segmenters]
    return wiring.endpoint("segment", SegmentStage(wiring.media_tool, segmenters))


@functions_framework.http
def segment(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
