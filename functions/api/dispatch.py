"""From a request to an operation and back: who asks, may they, what exactly do they ask, what do they get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec
from flask import Flask, Request, Response, request
from werkzeug.exceptions import Forbidden, UnsupportedMediaType

from functions.api.access import OwnedDocuments, OwnedVideos
from functions.api.field_choice import chosen_fields
from functions.api.operation import Answer, Call, Nothing, Operation
from functions.api.problems import Refusal
from functions.api.rendering import as_sent, rendered
from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal
from shared.ports.authenticator import Authenticator
from shared.ports.document_store import DocumentStore
from shared.ports.embedder import Embedder
from shared.ports.video_repository import VideoRepository

__all__ = ["DispatchPorts", "Layer", "Proceed", "install_operations"]

Proceed: TypeAlias = Callable[[], Answer | Response]
"""Goes on with a request."""

Layer: TypeAlias = Callable[[Operation[Any, Any], Call[Any, Any], Proceed], Answer | Response]
"""Something that happens around every operation: it may answer itself, or proceed and look at the answer."""


class DispatchPorts(Protocol):
    """What dispatching needs."""

    @property
    def authenticator(self) -> Authenticator: ...

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def embedder(self) -> Embedder | None: ...


def install_operations(
    app: Flask, operations: Sequence[Operation[Any, Any]], ports: DispatchPorts, layers: Sequence[Layer]
) -> None:
    """Makes an app serve operations.

    Args:
        app: The app.
        operations: What it serves.
        ports: What that needs.
        layers: What happens around each, the outermost first.
    """
    for operation in operations:
        app.add_url_rule(
            operation.rule,
            endpoint=operation.name,
            view_func=_view(operation, ports, layers),
            methods=[operation.method],
        )


def _view(
    operation: Operation[Any, Any], ports: DispatchPorts, layers: Sequence[Layer]
) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        caller = None
        if operation.allow not in {"anybody", "link"}:
            caller = _caller(request, ports.authenticator, operation)
        call = _call(operation, caller, path, ports)
        answer = _through(layers, operation, call)
        if isinstance(answer, Response):
            return as_sent(answer, request)
        return as_sent(rendered(answer, call.choice), request, answer.revision)

    return view


def _caller(asked: Request, authenticator: Authenticator, operation: Operation[Any, Any]) -> Principal:
    credentials = asked.authorization
    if credentials is None or credentials.type != "bearer" or not credentials.token:
        raise Unauthenticated("Send a token: Authorization: Bearer <token>.")
    principal = authenticator.principal(credentials.token)
    if not principal.may(operation.allow):  # type: ignore[arg-type]  # "anybody" and "link" don't come here
        raise Forbidden(f"This takes the role {operation.allow}; yours is {principal.role}.")
    return principal


def _call(
    operation: Operation[Any, Any], caller: Principal | None, path: dict[str, str], ports: DispatchPorts
) -> Call[Any, Any]:
    owner = None if caller is None else caller.owner
    query = request.args.to_dict()
    kind = operation.chosen_from
    choice = None if kind is None or "fields" not in query else chosen_fields(kind, query.pop("fields"))
    return Call(
        request=request,
        path=path,
        query=msgspec.convert(query, operation.query, strict=False),
        body=_body(request, operation),
        caller=caller,
        videos=OwnedVideos(ports.repository, owner, ports.embedder),
        documents=OwnedDocuments(ports.documents, owner),
        choice=choice,
    )


def _body(asked: Request, operation: Operation[Any, Any]) -> Any:
    kind = operation.body
    if kind is Nothing or (operation.body_optional and not asked.get_data() and not asked.mimetype):
        return kind()
    if asked.mimetype not in operation.body_types:
        raise UnsupportedMediaType(f"Send JSON, with Content-Type: {' or '.join(operation.body_types)}.")
    try:
        return msgspec.json.decode(asked.get_data(), type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "bad_json", f"The body is not JSON: {error}.") from error


def _through(layers: Sequence[Layer], operation: Operation[Any, Any], call: Call[Any, Any]) -> Answer | Response:
    if not layers:
        return operation.handler(call)
    first, *others = layers
    return first(operation, call, lambda: _through(others, operation, call))
