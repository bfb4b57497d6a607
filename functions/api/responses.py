"""How answers and errors are written: JSON, and problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, g
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

__all__ = [
    "PROBLEM_RESPONSES",
    "FieldProblem",
    "Problem",
    "invalid_parameters",
    "json_response",
    "problem_response",
]


class FieldProblem(BaseModel):
    """What is wrong with one parameter."""

    field: str
    detail: str


class Problem(BaseModel):
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

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: tuple[FieldProblem, ...] = ()


_PROBLEM_TYPE = "application/problem+json"

PROBLEM_RESPONSES: ResponseDict = {
    status: {"content": {_PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status in (400, 404, 422, 500, 503, 507)
}
"""The errors that every route can answer with, for the OpenAPI document."""


def json_response(answer: BaseModel) -> Response:
    """Returns an answer as JSON."""
    return Response(_json(answer), mimetype="application/json")


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
    return Response(_json(problem), status=status, mimetype=_PROBLEM_TYPE)


def invalid_parameters(errors: Sequence[FieldProblem]) -> Response:
    """Returns what a request with these wrong parameters gets."""
    return problem_response(422, "invalid_parameters", "Some parameters are wrong; see errors.", errors)


def _json(answer: BaseModel) -> str:
    # pydantic's own JSON refuses lone surrogates, which stand for bytes in names and texts that are no UTF-8.
    return json.dumps(answer.model_dump(mode="json"), allow_nan=False)
