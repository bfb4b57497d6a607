"""Which error becomes which HTTP status; nothing else in the API knows."""

from __future__ import annotations

import math

from flask import Flask, Response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from functions.api.responses import FieldProblem, invalid_parameters, problem_response
from shared.domain.errors import NotFound, TransientError
from shared.runtime.logs import logger

__all__ = ["install_error_handlers", "validation_problem"]

_DEFAULT_RETRY_AFTER_S = 5.0


def install_error_handlers(app: Flask) -> None:
    """Makes an app answer every error with problem details."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(TransientError, _unavailable)
    app.register_error_handler(Exception, _internal_error)


def validation_problem(error: ValidationError) -> Response:
    """Returns what a request with wrong parameters gets."""
    errors = [
        FieldProblem(field=".".join(str(part) for part in found["loc"]), detail=found["msg"])
        for found in error.errors()
    ]
    return invalid_parameters(errors)


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    unknown = "There is nothing at this address; /openapi.json lists what there is."
    detail = unknown if status == 404 else error.description or error.name
    response = problem_response(status, code, detail)
    # Allow, Content-Range and the like belong to the error; its HTML does not.
    response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


def _not_found(error: NotFound) -> Response:
    return problem_response(404, error.code, error.detail)


def _unavailable(error: TransientError) -> Response:
    logger().warning("unavailable", code=error.code, detail=error.detail)
    response = problem_response(507 if error.code == "disk_full" else 503, error.code, error.detail)
    response.headers["Retry-After"] = str(math.ceil(error.retry_after_s or _DEFAULT_RETRY_AFTER_S))
    return response


def _internal_error(error: Exception) -> Response:
    logger().error("request_failed", exc_info=error)
    return problem_response(
        500, "internal_error", "Something went wrong here; the request id finds the cause in the logs."
    )
