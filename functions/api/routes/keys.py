"""Who asks, and the keys that machines ask with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import asdict

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.paging import PageQuery, documents_page
from functions.api.problems import Refusal
from shared.domain.api_key import ApiKey, new_key
from shared.domain.errors import NotFound
from shared.domain.principal import Role
from shared.ports.clock import Clock
from shared.ports.document_store import Edit

__all__ = ["key_routes"]

_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$(?!\n)"
"""In Python, ``$`` alone would let a line break follow."""


class Me(Struct, frozen=True):
    """Who a token or key stands for; ``subject`` is the person, or ``key:<id>``."""

    owner: str
    role: Role
    subject: str


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=_ONE_LINE, description="What to call it.")]
    role: Annotated[Role, Meta(description="What may be done with it.")]
    expires_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="When it stops to work; never if left out.")
    ] = None


class KeyView(Struct, frozen=True):
    """A key, without its secret."""

    id: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None


class MadeKey(KeyView, frozen=True):
    """A new key; ``secret`` is what to send as the token, and is not shown again."""

    secret: str


class KeyList(Struct, frozen=True):
    """Some keys, youngest first; ``next_cursor`` leads to the page after."""

    keys: tuple[KeyView, ...]
    next_cursor: str | None


def key_routes(clock: Clock) -> Routes:
    """Returns the routes of keys.

    Args:
        clock: The time.
    """
    routes = Routes("keys")

    @routes.add("GET", "/v1/me", allow="viewer", answers={200: Me})
    def show_me(call: Call[Nothing, Nothing]) -> Answer:
        """Shows who asks."""
        asking = call.principal
        return Answer(value=Me(owner=asking.owner, role=asking.role, subject=asking.subject))

    @routes.add("GET", "/v1/keys", allow="admin", query=PageQuery, answers={200: KeyList})
    def list_keys(call: Call[PageQuery, Nothing]) -> Answer:
        """Lists the keys that machines ask with, youngest first."""
        found, next_cursor = documents_page(call, ApiKey)
        return Answer(value=KeyList(keys=tuple(_view(key) for key in found), next_cursor=next_cursor))

    # Making keys takes the highest role, so nobody can make one that may do more than they may themselves.
    @routes.add("POST", "/v1/keys", allow="admin", body=NewKey, answers={201: MadeKey})
    def make_key(call: Call[Nothing, NewKey]) -> Answer:
        """Makes a key; its secret is shown this once."""
        asked, now = call.body, clock.now()
        if asked.expires_at is not None and asked.expires_at <= now:
            raise Refusal(422, "invalid_parameters", "This time has passed already.", field="expires_at")
        key, secret = new_key(
            owner=call.principal.owner, name=asked.name, role=asked.role, now=now, expires_at=asked.expires_at
        )
        call.documents.update(ApiKey, key.id, lambda _none: Edit(answer=None, document=key))
        made = MadeKey(**asdict(_view(key)), secret=secret)
        headers = {"Location": f"/v1/keys/{key.id}", "Cache-Control": "no-store"}
        return Answer(value=made, status=201, headers=headers)

    @routes.add("GET", "/v1/keys/<key_id>", allow="admin", answers={200: KeyView})
    def show_key(call: Call[Nothing, Nothing]) -> Answer:
        """Shows a key."""
        return Answer(value=_view(_own(call)))

    @routes.add("DELETE", "/v1/keys/<key_id>", allow="admin", answers={204: None})
    def delete_key(call: Call[Nothing, Nothing]) -> Answer:
        """Deletes a key, which opens nothing from then on."""
        call.documents.delete(ApiKey, _own(call).id)
        return Answer(value=None, status=204)

    return routes


def _own(call: Call[Nothing, Nothing]) -> ApiKey:
    key = call.documents.get(ApiKey, call.path["key_id"])
    if key is None:
        raise NotFound("There is no such key.")
    return key


def _view(key: ApiKey) -> KeyView:
    return KeyView(id=key.id, name=key.name, role=key.role, created_at=key.created_at, expires_at=key.expires_at)
