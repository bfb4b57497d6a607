"""What happens around every request: an id, log lines that carry it, headers that every answer has."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict

from werkzeug.wrappers import Request, Response

from functions.api.trace_context import trace_context
from shared.logs import bound_fields, logger

__all__ = ["answered"]

_REQUEST_ID = re.compile(r"[\w.-]{1,128}", re.ASCII)


def answered(request: Request, answer: Callable[[str], Response]) -> Response:
    """Answers a request under an id, and logs how that went.

    Args:
        request: The request; its ``X-Request-Id`` is taken if it is sane.
        answer: Returns the response, given the id.
    """
    offered = request.headers.get("X-Request-Id", "")
    request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
    started_s = time.monotonic()
    context = trace_context(request)
    with bound_fields(request_id=request_id, **(asdict(context) if context else {})):
        response = answer(request_id)
        logger().info(
            "request",
            method=request.method,
            # Without the query, which may hold what makes a link work.
            path=request.path,
            status=response.status_code,
            wall_s=round(time.monotonic() - started_s, 4),
        )
    response.headers["X-Request-Id"] = request_id
    # Answers are what their content type says and nothing else, whatever an uploader put into a title or a file.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
