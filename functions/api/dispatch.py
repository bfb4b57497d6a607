"""From a request to an operation and back: who asks, may they, what exactly do they ask, what do they get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import msgspec
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from functions.api.access import OwnedDocuments, OwnedVideos
from functions.api.cors import CrossOrigin
from functions.api.field_choice import chosen_fields
from functions.api.operation import Answer, Call, Nothing, Operation
from functions.api.problems import Refusal, invalid_parameters, problem_response
from functions.api.rendering import as_sent, rendered
from functions.api.request_log import answered
from shared.domain.errors import Forbidden, Unauthenticated
from shared.domain.principal import Principal
from shared.ports.authenticator import Authenticator
from shared.ports.document_store import DocumentStore
from shared.ports.embedder import Embedder
from shared.ports.video_repository import VideoRepository

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["DispatchPorts", "Dispatcher", "Layer", "Proceed"]

_MAX_BODY_BYTES: Final = 2**20
"""Videos go to the bucket; nothing else that is sent here is larger."""

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


class Dispatcher:
    """Serves operations.

    Args:
        operations: What it serves.
        ports: What that needs.
        layers: What happens around each, the outermost first.
        cross_origin: What web pages of other origins may do.
        trusted_hosts: Names that requests may address it by; None allows any.
    """

    def __init__(
        self,
        operations: Sequence[Operation[Any, Any]],
        ports: DispatchPorts,
        layers: Sequence[Layer],
        cross_origin: CrossOrigin,
        trusted_hosts: Sequence[str] | None,
    ) -> None:
        rules = [Rule(one.rule, methods=[one.method], endpoint=one) for one in operations]
        # A doubled slash names nothing, instead of being redirected to something.
        self.url_map = Map(rules, merge_slashes=False, redirect_defaults=False)
        self._ports = ports
        self._authenticator = ports.authenticator  # now: a deployment that can let nobody in must not start
        self._layers = layers
        self._cross_origin = cross_origin
        self._trusted_hosts = None if trusted_hosts is None else list(trusted_hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Is a WSGI application."""
        return self.answer(environ)(environ, start_response)

    def answer(self, environ: WSGIEnvironment, body: bytes | None = None) -> Response:
        """Answers the request in a WSGI environment.

        Args:
            environ: The environment.
            body: The request's body, if somebody has read it from there already.
        """
        request = _Request(environ if body is None else environ | {"wsgi.input": BytesIO(body)})
        request.trusted_hosts = self._trusted_hosts

        def answer(request_id: str) -> Response:
            try:
                # Before authentication: browsers ask without a token.
                response = self._cross_origin.preflight(request) or self._answer(request, request_id)
            except Exception as error:
                response = problem_response(error, request, request_id)
            self._cross_origin.name_origin(request, response)
            return response

        return answered(request, answer)

    def _answer(self, request: Request, request_id: str) -> Response:
        _ = request.host  # Raises for one that is not trusted.
        operation, path = self.url_map.bind_to_environ(request).match()
        caller = None
        if operation.allow not in {"anybody", "link"}:
            caller = _caller(request, self._authenticator, operation)
        call = _call(request, request_id, operation, caller, path, self._ports)
        try:
            response = _sent(_through(self._layers, operation, call), call)
        except Exception as error:
            response = problem_response(error, request, request_id)
        response.headers.extend(call.told)
        return response


class _Request(Request):
    max_content_length = _MAX_BODY_BYTES


def _caller(asked: Request, authenticator: Authenticator, operation: Operation[Any, Any]) -> Principal:
    credentials = asked.authorization
    if credentials is None or credentials.type != "bearer" or not credentials.token:
        raise Unauthenticated("Send a token: Authorization: Bearer <token>.")
    principal = authenticator.principal(credentials.token)
    if not principal.may(operation.allow):  # type: ignore[arg-type]  # "anybody" and "link" don't come here
        raise Forbidden(f"This takes the role {operation.allow}; yours is {principal.role}.")
    return principal


def _call(
    request: Request,
    request_id: str,
    operation: Operation[Any, Any],
    caller: Principal | None,
    path: Mapping[str, str],
    ports: DispatchPorts,
) -> Call[Any, Any]:
    owner = None if caller is None else caller.owner
    query = request.args.to_dict()
    kind = operation.chosen_from
    choice = None if kind is None or "fields" not in query else chosen_fields(kind, query.pop("fields"))
    try:
        asked = msgspec.convert(query, operation.query, strict=False)
        body = _body(request, operation)
    except msgspec.ValidationError as error:
        # Only here is it the caller's: one that comes from a store later is ours.
        raise invalid_parameters(error, operation.query, operation.body) from error
    for given in (asked, body) if operation.choices else ():
        _check_choices(operation, given)
    return Call(
        request=request,
        request_id=request_id,
        path=path,
        query=asked,
        body=body,
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


def _sent(answer: Answer | Response, call: Call[Any, Any]) -> Response:
    if isinstance(answer, Response):
        return as_sent(answer, call.request)
    return as_sent(rendered(answer, call.choice), call.request, answer.revision)


def _check_choices(operation: Operation[Any, Any], given: Any) -> None:
    for one in msgspec.structs.fields(given):
        known, value = operation.choices.get(one.encode_name), getattr(given, one.name)
        if known is not None and value is not None and value not in known:
            detail = f"There is no such {one.encode_name}; there are {', '.join(known)}."
            raise Refusal(422, "invalid_parameters", detail, field=one.encode_name)


def _through(layers: Sequence[Layer], operation: Operation[Any, Any], call: Call[Any, Any]) -> Answer | Response:
    if not layers:
        return operation.handler(call)
    first, *others = layers
    return first(operation, call, lambda: _through(others, operation, call))
