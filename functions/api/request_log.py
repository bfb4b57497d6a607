"""What happens around every request: an id, log lines that carry it, headers that every answer has."""

from __future__ import annotations

import re
import time
import uuid
from contextlib import ExitStack

from flask import Flask, Response, g, request

from shared.logs import bound_fields, logger

__all__ = ["install_request_log"]

_REQUEST_ID = re.compile(r"[\w.-]{1,128}", re.ASCII)


def install_request_log(app: Flask) -> None:
    """Makes an app give every request an id (the caller's ``X-Request-Id`` if sane) and log how it went."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def _begin() -> None:
    offered = request.headers.get("X-Request-Id", "")
    g.request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
    g.started_s = time.monotonic()
    g.log_fields = ExitStack()
    g.log_fields.enter_context(bound_fields(request_id=g.request_id))


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    # Answers are what their content type says and nothing else, whatever an uploader put into a title or a file.
    response.headers["X-Content-Type-Options"] = "nosniff"
    logger().info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        wall_s=round(time.monotonic() - g.started_s, 4),
    )
    return response


def _forget(_error: BaseException | None) -> None:
    g.log_fields.close()
