"""Segment: finds shots, black, silence and speech, groups shots to scenes and ranks them.

Consumes: ``video-transcoded``.
Emits: ``video-segmented``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``segment``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from functions.segment.stage import SegmentStage
from functions.segment.strategies import SEGMENTERS
from shared.bootstrap import Bootstrap
from shared.runtime.entrypoint import StageRunner


@cache
def _runner() -> StageRunner:
    wiring = Bootstrap()
    segmenters = [SEGMENTERS.create(name, wiring) for name in wiring.settings.segmenters]
    return wiring.runner("segment", SegmentStage(wiring.media_tool, segmenters))


@functions_framework.cloud_event
def segment(event: CloudEvent) -> None:
    """Handles one delivery."""
    _runner().handle(event)
