"""API: what frontends talk to. It validates, asks a use case, and answers; media go to and come from the buckets.

Takes: HTTP requests.
Answers: JSON as ``openapi.json`` beside this file describes it, errors as RFC 9457 problem details.
"""

from __future__ import annotations

from functools import cache

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from functions.api.app import create_app
from functions.api.dispatch import Dispatcher
from shared.bootstrap import Bootstrap


@cache
def _app() -> Dispatcher:
    return create_app(Bootstrap())


@functions_framework.http
def api(request: Request) -> Response:
    """Answers one request."""
    # The framework reads the body too, afterwards; that works once, and from then on from its own copy.
    return _app().answer(request.environ, request.get_data())
