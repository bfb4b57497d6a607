"""API: what frontends talk to. It validates, asks a use case, and answers; media go to and come from the buckets.

Takes: HTTP requests.
Answers: JSON as ``openapi.json`` beside this file describes it, errors as RFC 9457 problem details, media files.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Flask, Request
from werkzeug.wrappers import Response

from functions.api.app import create_app
from shared.bootstrap import Bootstrap


@cache
def _app() -> Flask:
    return create_app(Bootstrap())


@functions_framework.http
def api(request: Request) -> Response:
    """Answers one request."""
    return Response.from_app(_app(), request.environ)
