"""Web pages of other origins that may use the API, as browsers enforce it (CORS)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, request

__all__ = ["install_cors"]

_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS: Final = (
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, X-Request-Id"
)
_ANSWER_HEADERS: Final = "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
_REMEMBERED_S: Final = 7200


def install_cors(app: Flask, origins: Sequence[str]) -> None:
    """Lets the pages of some origins read what an app answers.

    Tokens come in a header that the page itself sets, so no page is ever allowed to send cookies.

    Args:
        app: The app.
        origins: The origins, exactly as browsers name them.
    """
    known = frozenset(origins)

    def answer_preflight() -> Response | None:
        # Before authentication: browsers ask without a token.
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not asks or request.headers.get("Origin") not in known:
            return None
        response = Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(_REMEMBERED_S)
        return response

    def name_origin(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in known:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _ANSWER_HEADERS
        return response

    if known:
        app.before_request(answer_preflight)
        app.after_request(name_origin)
