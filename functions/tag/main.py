"""Tag: turns findings into tags with evidence, recommendations and search entries.

Consumes: ``video-analyzed``.
Emits: ``video-ready``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``tag``.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request, Response

from functions.tag.stage import TagStage
from functions.tag.strategies import TAGGERS
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    taggers = [TAGGERS.create(name, wiring) for name in wiring.settings.taggers]
    lufs = wiring.settings.encoding.loudness_lufs
    return wiring.endpoint("tag", TagStage(taggers, wiring.embedder, lufs))


@functions_framework.http
def tag(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
