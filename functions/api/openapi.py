"""The OpenAPI 3.1 document of operations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import Struct

from functions.api.operation import Content, Nothing, Operation
from functions.api.problems import Problem
from shared.domain.attribute_docs import split_docstring

__all__ = ["openapi_document"]

_REF: Final = "#/components/schemas/{name}"
_CUSTOMS: Final = """\
Videos, what was found in them, and their media files.

**Who asks.** `Authorization: Bearer` with a token of the issuer, or with an API key. It says whose videos there
are; those of others do not exist.

**Less of it.** Every GET of JSON takes `fields`, the names of what to answer with, commas between, dots leading
inside: `?fields=id,media.duration_s`. Of a list these are its items' fields. It stands at no operation, because
what the answers are said to hold is what they hold without it.

**Again.** Answers have an `ETag`; with `If-None-Match`, one that has not changed is a 304. That of a video, or of
its tags, is what `If-Match` takes when the video is changed: 412 says that other people were faster. A POST with
an `Idempotency-Key` can be sent until there is an answer: it is done once, and the answer is kept for a day.

**Lists.** `next_cursor` leads to the page after, asked for with the same parameters, and is null at the end.

**Errors.** Problem details (RFC 9457) with a `code` to switch on and a sentence for a person.
"""
_PLACEHOLDER: Final = re.compile(r"<(?:\w+:)?(\w+)>")
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
_STREAMED: Final[dict[str, Any]] = {}
"""What is said of content that is no JSON: its type says it all."""

_ERRORS: Final = (400, 404, 422, 429, 500, 503, 507)
"""What any operation may answer with."""


def openapi_document(operations: Sequence[Operation[Any, Any]]) -> dict[str, Any]:
    """Returns the document.

    Args:
        operations: What the API serves.
    """
    kinds = _kinds(operations)
    schemas, components = msgspec.json.schema_components(kinds, schema_hook=_schema, ref_template=_REF)
    for schema in components.values():
        _describe_properties(schema)
    schema_of = dict(zip(kinds, schemas, strict=True))
    for operation in operations:
        for kind in {operation.query, operation.body} - {Nothing}:
            _name_choices(components[_name_of(schema_of[kind])], operation.choices)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _described(operation, schema_of, components)
        paths.setdefault(_PLACEHOLDER.sub(r"{\1}", operation.rule), {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Automations Backend",
            "version": "1",
            "description": _CUSTOMS,
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _kinds(operations: Sequence[Operation[Any, Any]]) -> list[type[Struct]]:
    kinds: list[type[Struct]] = [Problem]
    for operation in operations:
        answers = [kind for kind in operation.answers.values() if isinstance(kind, type)]
        kinds += [kind for kind in (operation.query, operation.body, *answers) if kind is not Nothing]
    return list(dict.fromkeys(kinds))


def _described(
    operation: Operation[Any, Any], schema_of: dict[type[Struct], Any], components: dict[str, Any]
) -> dict[str, Any]:
    summary, _, description = inspect.cleandoc(operation.handler.__doc__ or "").partition("\n\n")
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": summary,
        "parameters": [
            *_path_parameters(operation.rule),
            *_query_parameters(operation, schema_of, components),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation, schema_of),
        "x-allowed": operation.allow,
    }
    if description:
        described["description"] = description
    if operation.allow not in {"anybody", "link"}:
        described["security"] = [{"bearer": []}]
    if operation.body is not Nothing:
        content = {media_type: {"schema": schema_of[operation.body]} for media_type in operation.body_types}
        described["requestBody"] = {"required": not operation.body_optional, "content": content}
    return described


def _describe_properties(schema: dict[str, Any]) -> None:
    """Puts what a docstring says about attributes where they are described."""
    schema["description"], words = split_docstring(schema.get("description", ""))
    for name, property_schema in schema.get("properties", {}).items():
        if name in words:
            property_schema.setdefault("description", words[name])


def _path_parameters(rule: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PLACEHOLDER.findall(rule)
    ]


def _query_parameters(
    operation: Operation[Any, Any], schema_of: dict[type[Struct], Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if operation.query is Nothing:
        return []
    # What is only used for queries is written out at the parameters.
    name = _name_of(schema_of[operation.query])
    schema = (
        components.pop(name, None)
        or msgspec.json.schema_components([operation.query], schema_hook=_schema, ref_template=_REF)[1][name]
    )
    return [
        {
            "name": parameter,
            "in": "query",
            "required": parameter in schema.get("required", ()),
            "schema": {key: value for key, value in kind.items() if key != "description"},
            **({"description": kind["description"]} if "description" in kind else {}),
        }
        for parameter, kind in schema["properties"].items()
    ]


def _name_choices(schema: dict[str, Any], choices: Mapping[str, Sequence[str]]) -> None:
    for name, values in choices.items():
        if name in schema["properties"]:
            held = schema["properties"][name]
            text = next(kind for kind in held.get("anyOf", [held]) if kind["type"] == "string")
            text["enum"] = list(values)


def _name_of(schema: Mapping[str, str]) -> str:
    return schema["$ref"].rpartition("/")[2]


def _header_parameters(operation: Operation[Any, Any]) -> list[dict[str, Any]]:
    headers: dict[str, tuple[str, dict[str, Any]]] = {}
    if operation.keeps_answers:
        schema = {"type": "string", "pattern": r"^[!-~]{1,255}$"}
        meaning = "Something new for each thing to do, such as a UUID; sent again with the same, it is done once."
        headers["Idempotency-Key"] = (meaning, schema)
    if operation.heeds_if_match:
        meaning = "The ETag of the video or its tags as they were seen; 412 if people have changed it since."
        headers["If-Match"] = (meaning, {"type": "string"})
    return [
        {"name": name, "in": "header", "required": False, "schema": schema, "description": description}
        for name, (description, schema) in headers.items()
    ]


def _responses(operation: Operation[Any, Any], schema_of: dict[type[Struct], Any]) -> dict[str, Any]:
    found: dict[int, dict[str, Any]] = {}
    for status, kind in operation.answers.items():
        found[status] = {"description": HTTPStatus(status).phrase}
        if isinstance(kind, Content):
            found[status] = {"description": kind.description, "content": {kind.media_type: _STREAMED}}
        elif kind is not None:
            found[status]["content"] = {"application/json": {"schema": schema_of[kind]}}
    if operation.method == "GET" and 200 in operation.answers:
        found.setdefault(304, {"description": "The client has this already"})
    for status in (*_ERRORS, *_more_errors(operation)):
        found.setdefault(status, {"description": HTTPStatus(status).phrase, "content": _PROBLEM})
    return {str(status): found[status] for status in sorted(found)}


def _more_errors(operation: Operation[Any, Any]) -> list[int]:
    more = [] if operation.allow == "anybody" else [403]
    if operation.allow not in {"anybody", "link"}:
        more.append(401)
    if operation.body is not Nothing:
        more += [413, 415]
    if operation.changes:
        more.append(409)
    if operation.heeds_if_match or operation.method == "GET":
        more.append(412)
    return more


def _schema(kind: type) -> dict[str, Any]:
    if kind is Fraction:
        return {"type": "string", "description": "An exact number of frames a second.", "examples": ["30000/1001"]}
    raise NotImplementedError(f"a {kind.__name__} can't be described")
