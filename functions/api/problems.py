"""Errors as they are sent: problem details (RFC 9457). Which error becomes which status, nothing else knows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from flask import Flask, Response, g, request
from msgspec import Struct
from werkzeug.exceptions import HTTPException

from shared.domain.errors import Forbidden, NotFound, PreconditionFailed, TransientError, Unauthenticated
from shared.logs import logger

__all__ = ["FieldProblem", "Problem", "Refusal", "install_error_handlers", "problem_response"]

_DEFAULT_RETRY_AFTER_S = 5.0
_TYPE = "application/problem+json"
_PLACE = re.compile(r"^(.*) - at `(?:key` in `)?\$\.?(.*)`$", re.DOTALL)


class FieldProblem(Struct, frozen=True):
    """What is wrong with one parameter."""

    field: str
    detail: str


class Problem(Struct, frozen=True):
    """An error.

    Attributes:
        type: Always ``about:blank``: ``code`` tells errors apart.
        title: The HTTP status in words.
        status: The HTTP status.
        code: Stable identifier to switch on.
        detail: A sentence for a person.
        request_id: Finds this request in the logs.
        errors: The parameters at fault, when they are.
    """

    title: str
    status: int
    code: str
    detail: str
    request_id: str
    type: str = "about:blank"
    errors: tuple[FieldProblem, ...] = ()


class Refusal(Exception):
    """A request that can't be served as it is.

    Args:
        status: HTTP status, 4xx.
        code: Stable identifier.
        detail: A sentence for a person: what is wrong, what to do.
        field: The parameter at fault, if it is one.
        retry_after_s: Seconds before another try makes sense.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after_s = retry_after_s


def problem_response(status: int, code: str, detail: str, errors: Sequence[FieldProblem] = ()) -> Response:
    """Returns an error as problem details.

    Args:
        status: HTTP status.
        code: Stable identifier.
        detail: A sentence for a person.
        errors: The parameters at fault.
    """
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        request_id=g.request_id,
        errors=tuple(errors),
    )
    return Response(msgspec.json.encode(problem), status=status, mimetype=_TYPE)


def install_error_handlers(app: Flask) -> None:
    """Makes an app answer every error with problem details."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(msgspec.ValidationError, _invalid)
    app.register_error_handler(Unauthenticated, _unauthenticated)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(PreconditionFailed, _precondition_failed)
    app.register_error_handler(TransientError, _unavailable)
    app.register_error_handler(Exception, _internal_error)


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    unknown = "There is nothing at this address; /openapi.json lists what there is."
    detail = unknown if status == 404 else error.description or error.name
    response = problem_response(status, code, detail)
    # Allow, Content-Range and the like belong to the error; its HTML does not.
    response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


def _refused(error: Refusal) -> Response:
    errors = [] if error.field is None else [FieldProblem(field=error.field, detail=error.detail)]
    response = problem_response(error.status, error.code, error.detail, errors)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    return response


def _invalid(error: msgspec.ValidationError) -> Response:
    found = _PLACE.match(str(error))
    detail, field = (found[1], found[2]) if found else (str(error), "")
    wrong = FieldProblem(field=field, detail=detail)
    return problem_response(422, "invalid_parameters", "Some parameters are wrong; see errors.", [wrong])


def _unauthenticated(error: Unauthenticated) -> Response:
    response = problem_response(401, error.code, error.detail)
    # RFC 6750: whoever sent nothing is told what to send, not that it was wrong.
    reason = ' error="invalid_token"' if "Authorization" in request.headers else ""
    response.headers["WWW-Authenticate"] = f"Bearer{reason}"
    return response


def _forbidden(error: Forbidden) -> Response:
    response = problem_response(403, error.code, error.detail)
    response.headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'
    return response


def _not_found(error: NotFound) -> Response:
    return problem_response(404, error.code, error.detail)


def _precondition_failed(error: PreconditionFailed) -> Response:
    return problem_response(412, error.code, error.detail)


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
