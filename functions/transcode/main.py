"""Transcode: decodes once and makes everything that is played or analyzed.

Consumes: ``video-ingested``.
Emits: ``video-transcoded``, or ``video-failed``.
Idempotency key: video and run.
Time limit: pipeline.json, ``transcode``; what may take longer than a function has goes out as a job.
"""

from __future__ import annotations

from functools import cache, partial

import functions_framework
from flask import Request, Response

from functions.transcode.chunks import ChunkedPictures
from functions.transcode.estimate import expected_s
from functions.transcode.isolated_ladder import chosen_ladder
from functions.transcode.pictures import Pictures
from functions.transcode.stage import TranscodeStage
from shared.adapters.http_delivery import Endpoint
from shared.bootstrap import Bootstrap


@cache
def endpoint() -> Endpoint:
    """Builds the function; its first delivery does."""
    wiring = Bootstrap()
    ladder = chosen_ladder(wiring.settings.ladder, wiring)
    settings, encoder = wiring.settings, wiring.encoder
    chunked = ChunkedPictures(encoder, wiring.blobs, settings.media_bucket, wiring.chunk_pool)
    pictures = Pictures(encoder, ladder, settings.encoding, chunked, wiring.cores)
    stage = TranscodeStage(wiring.media_tool, encoder, wiring.packager, pictures, settings.encoding)
    return wiring.endpoint("transcode", stage, expected_s=partial(expected_s, ladder, settings.encoding))


@functions_framework.http
def transcode(request: Request) -> Response:
    """Answers one delivery."""
    return endpoint().answer(request)
