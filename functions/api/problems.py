"""Errors as they are sent: problem details (RFC 9457). Which error becomes which status, nothing else knows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.domain.cursor import BadCursor
from shared.domain.errors import Forbidden, NotFound, PreconditionFailed, TransientError, Unauthenticated
from shared.logs import logger

__all__ = ["FieldProblem", "Problem", "Refusal", "invalid_parameters", "problem_response"]

_DEFAULT_RETRY_AFTER_S = 5.0
_TYPE = "application/problem+json"
_PLACE = re.compile(r"^(.*) - at `(?:key` in `)?\$\.?(.*)`$", re.DOTALL)
_LENGTH = re.compile(r"Expected `(str|array)` of length (>=|<=) (\d+)")


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
    request_id: str = ""
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


def invalid_parameters(error: msgspec.ValidationError, *kinds: type[msgspec.Struct]) -> Refusal:
    """Returns the refusal of a request that is not as its operation wants it, with the place that is wrong.

    Args:
        error: What the conversion of its query or body raised.
        kinds: What they are converted to.
    """
    found = _PLACE.match(str(error))
    detail, field = (found[1], found[2]) if found else (str(error), "")
    if detail.startswith("Invalid enum value"):
        choices = [choice for kind in kinds for choice in _choices(kind, field.partition("[")[0])]
        detail += f"; there are {', '.join(choices)}" if choices else ""
    elif limit := _LENGTH.fullmatch(detail):
        bound, unit = "least" if limit[2] == ">=" else "most", "character" if limit[1] == "str" else "part"
        detail = f"Give it at {bound} {limit[3]} {unit}{'' if limit[3] == '1' else 's'}."
    return Refusal(422, "invalid_parameters", detail, field=field)


def _choices(kind: type[msgspec.Struct], field: str) -> Iterator[str]:
    """Yields what a field may be, if it is one of some words."""
    for one in msgspec.structs.fields(kind):
        if one.encode_name == field:
            yield from _words(one.type)


def _words(kind: Any) -> Iterator[str]:
    for part in get_args(kind):
        if get_origin(kind) is Literal:
            yield str(part)
        else:
            yield from _words(part)


def problem_response(error: Exception, request: Request, request_id: str) -> Response:
    """Returns an error as problem details; one that nobody expected is logged.

    Args:
        error: The error.
        request: The request that ended with it.
        request_id: Its id.
    """
    problem, headers = _described(error, request)
    response = Response(
        msgspec.json.encode(msgspec.structs.replace(problem, request_id=request_id)),
        status=problem.status,
        mimetype=_TYPE,
    )
    response.headers.extend(headers)
    return response


def _described(error: Exception, request: Request) -> tuple[Problem, Headers]:
    match error:
        case Refusal():
            return _refused(error)
        case HTTPException():
            return _http_problem(error)
        case Unauthenticated():
            # RFC 6750: whoever sent nothing is told what to send, not that it was wrong.
            reason = ' error="invalid_token"' if "Authorization" in request.headers else ""
            return _problem(401, error.code, error.detail), Headers({"WWW-Authenticate": f"Bearer{reason}"})
        case Forbidden():
            headers = Headers({"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
            return _problem(403, error.code, error.detail), headers
        case BadCursor():
            detail = "The cursor is not one that a page of this listing gave out; list again without it."
            return _problem(400, "bad_cursor", detail), Headers()
        case NotFound():
            return _problem(404, error.code, error.detail), Headers()
        case PreconditionFailed():
            return _problem(412, error.code, error.detail), Headers()
        case TransientError():
            return _unavailable(error)
    logger().error("request_failed", exc_info=error)
    detail = "Something went wrong here; the request id finds the cause in the logs."
    return _problem(500, "internal_error", detail), Headers()


def _refused(error: Refusal) -> tuple[Problem, Headers]:
    errors = [] if error.field is None else [FieldProblem(field=error.field, detail=error.detail)]
    return _problem(error.status, error.code, error.detail, errors), _retry_after(error.retry_after_s)


def _http_problem(error: HTTPException) -> tuple[Problem, Headers]:
    status = error.code or 500
    unknown = "There is nothing at this address; /openapi.json lists what there is."
    detail = unknown if status == 404 else error.description or error.name
    # Allow, Content-Range and the like belong to the error; its HTML does not.
    headers = Headers([(name, value) for name, value in error.get_headers() if name != "Content-Type"])
    return _problem(status, error.name.lower().replace(" ", "_"), detail), headers


def _unavailable(error: TransientError) -> tuple[Problem, Headers]:
    logger().warning("unavailable", code=error.code, detail=error.detail)
    status = 507 if error.code == "disk_full" else 503
    return _problem(status, error.code, error.detail), _retry_after(error.retry_after_s or _DEFAULT_RETRY_AFTER_S)


def _retry_after(retry_after_s: float | None) -> Headers:
    return Headers() if retry_after_s is None else Headers({"Retry-After": str(math.ceil(retry_after_s))})


def _problem(status: int, code: str, detail: str, errors: Sequence[FieldProblem] = ()) -> Problem:
    return Problem(title=HTTPStatus(status).phrase, status=status, code=code, detail=detail, errors=tuple(errors))
