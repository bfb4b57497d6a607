"""What a route is: where it is, who may use it, what it takes, what it answers with, and what it does.

The HTTP side and the OpenAPI document are both made of these, so neither can say something else than the other,
and a route without a policy can't be written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct
from werkzeug.wrappers import Request, Response

from functions.api.access import OwnedDocuments, OwnedVideos
from functions.api.field_choice import FieldChoice
from shared.domain.principal import Principal, Role

__all__ = ["Allowed", "Answer", "Call", "Content", "Handler", "Nothing", "Operation", "Routes"]

Allowed: TypeAlias = Literal["anybody", "link"] | Role
"""Who may use a route: ``anybody``; whoever has a link, which the handler checks; or a role, or one above it."""


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters; any is refused."""


Q = TypeVar("Q", bound=Struct)
B = TypeVar("B", bound=Struct)
Q_co = TypeVar("Q_co", bound=Struct, covariant=True)
B_co = TypeVar("B_co", bound=Struct, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Q_co, B_co]):
    """One request to an operation, after everything about it was checked.

    Attributes:
        request: The request itself, for its headers.
        request_id: What finds it in the logs.
        path: What the path names.
        query: The query's parameters.
        body: The body.
        caller: Who asks; None where anybody may.
        videos: The caller's videos: nobody else's can be reached through it.
        documents: What else the caller has, alike.
        choice: What the caller wants of the answer; None for all of it.
        told: Headers that are sent with whatever is answered, errors included; layers add theirs.
    """

    request: Request
    request_id: str
    path: Mapping[str, str]
    query: Q_co
    body: B_co
    caller: Principal | None
    videos: OwnedVideos
    documents: OwnedDocuments
    choice: FieldChoice | None = None
    told: dict[str, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """Who asks, where a role is needed."""
        if self.caller is None:
            raise RuntimeError("an operation that anybody may use asked who it is")
        return self.caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back as JSON.

    Attributes:
        value: The body; None for none.
        status: The HTTP status.
        headers: Further headers.
        revision: What the ETag begins with, and If-Match is compared with; see ``preconditions``.
    """

    value: Struct | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An answer that is no JSON, for the document.

    Attributes:
        media_type: Its type.
        description: What it is.
    """

    media_type: str
    description: str


Handler: TypeAlias = Callable[[Call[Q, B]], Answer | Response]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation(Generic[Q, B]):
    """A route.

    Attributes:
        method: HTTP method.
        rule: Its path, as Werkzeug writes it.
        allow: Who may use it.
        handler: What it does. Its name is the operation's id; its docstring describes it, the first line in short.
        query: Parameters of the query.
        body: The body, which is JSON.
        answers: Status -> what comes with it, for the document; None for nothing. Errors need not be named.
        tag: What it belongs to.
        heeds_if_match: Whether the handler calls require_match().
        choices: Parameter, or field of the body -> the values that there are in this deployment.
    """

    method: str
    rule: str
    allow: Allowed
    handler: Handler[Q, B]
    query: type[Q]
    body: type[B]
    answers: Mapping[int, type[Struct] | Content | None]
    tag: str
    heeds_if_match: bool = False
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.handler.__name__

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD"}

    @property
    def keeps_answers(self) -> bool:
        """Whether it is done once only for each Idempotency-Key."""
        return self.method == "POST" and self.allow not in {"anybody", "link"}

    @property
    def chosen_from(self) -> type[Struct] | None:
        """What callers may choose fields of; None where the answer is always whole."""
        kind = self.answers.get(200)
        return kind if self.method == "GET" and isinstance(kind, type) else None

    @property
    def body_types(self) -> tuple[str, ...]:
        """Media types that the body may have; for a PATCH also what says that it is a merge patch (RFC 7396)."""
        merge_patch = ("application/merge-patch+json",) if self.method == "PATCH" else ()
        return ("application/json", *merge_patch)

    @property
    def body_optional(self) -> bool:
        """Whether the body may be left out, because nothing in it is needed."""
        return not any(field.required for field in msgspec.structs.fields(self.body))


_NOTHING: Final[Any] = Nothing


class Routes:
    """The operations of one resource.

    Args:
        tag: The resource.
    """

    def __init__(self, tag: str) -> None:
        self.operations: list[Operation[Any, Any]] = []
        self._tag = tag

    def add(
        self,
        method: str,
        rule: str,
        *,
        allow: Allowed,
        answers: Mapping[int, type[Struct] | Content | None],
        query: type[Q] = _NOTHING,
        body: type[B] = _NOTHING,
        heeds_if_match: bool = False,
        choices: Mapping[str, Sequence[str]] | None = None,
    ) -> Callable[[Handler[Q, B]], Handler[Q, B]]:
        """Declares the operation that the decorated function handles; see Operation."""

        def declare(handler: Handler[Q, B]) -> Handler[Q, B]:
            self.operations.append(
                Operation(
                    method=method,
                    rule=rule,
                    allow=allow,
                    handler=handler,
                    query=query,
                    body=body,
                    answers=answers,
                    tag=self._tag,
                    heeds_if_match=heeds_if_match,
                    choices=choices or {},
                )
            )
            return handler

        return declare
