"""Web pages of other origins that may use the API, as browsers enforce it (CORS)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from werkzeug.wrappers import Request, Response

__all__ = ["CrossOrigin"]

_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS: Final = (
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, X-Request-Id"
)
_ANSWER_HEADERS: Final = "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
_REMEMBERED_S: Final = 7200


class CrossOrigin:
    """Lets the pages of some origins read what the API answers.

    Tokens come in a header that the page itself sets, so no page is ever allowed to send cookies.

    Args:
        origins: The origins, exactly as browsers name them.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self._known = frozenset(origins)

    def preflight(self, request: Request) -> Response | None:
        """Returns the answer to a browser that asks what a page may send; None when that is not what it asks."""
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not asks or request.headers.get("Origin") not in self._known:
            return None
        response = Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(_REMEMBERED_S)
        return response

    def name_origin(self, request: Request, response: Response) -> None:
        """Says in a response whether the page that asked may read it."""
        if not self._known:
            return
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in self._known:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _ANSWER_HEADERS
