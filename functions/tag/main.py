"""Tag: turns findings into tags with evidence, recommendations and search entries.

Consumes: ``video-analyzed``.
Emits: ``video-ready``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``tag``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from functions.tag.stage import TagStage
from functions.tag.strategies import TAGGERS
from shared.bootstrap import Bootstrap
from shared.runtime.entrypoint import StageRunner


@cache
def _runner() -> StageRunner:
    wiring = Bootstrap()
    taggers = [TAGGERS.create(name, wiring) for name in wiring.settings.taggers]
    return wiring.runner("tag", TagStage(taggers, wiring.repository))


@functions_framework.cloud_event
def tag(event: CloudEvent) -> None:
    """Handles one delivery."""
    _runner().handle(event)
