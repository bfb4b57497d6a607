"""The service itself: where things are, and whether it works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from werkzeug.wrappers import Response

from functions.api.operation import Answer, Call, Content, Nothing, Routes
from shared.ports.signer import Signer
from shared.ports.video_repository import VideoRepository

__all__ = ["service_routes"]


class Index(Struct, frozen=True):
    """Where to go from here."""

    name: str
    links: dict[str, str]


class Health(Struct, frozen=True):
    """The service can answer."""

    status: str = "ok"


class KeySet(Struct, frozen=True):
    """A JWK set (RFC 7517)."""

    keys: tuple[Mapping[str, Any], ...]


_INDEX = Index(
    name="Automations Backend",
    links={"videos": "/v1/videos", "search": "/v1/search?q=", "health": "/health", "openapi": "/openapi.json"},
)


def service_routes(repository: VideoRepository, signer: Signer) -> Routes:
    """Returns the routes of the service itself.

    Args:
        repository: What must be readable for it to work.
        signer: Whose keys it shows.
    """
    routes = Routes("service")

    @routes.add("GET", "/v1", allow="anybody", answers={200: Index})
    def index(_call: Call[Nothing, Nothing]) -> Answer:
        """Where to go from here."""
        return Answer(value=_INDEX)

    @routes.add("GET", "/health", allow="anybody", answers={200: Health})
    def health(_call: Call[Nothing, Nothing]) -> Answer:
        """Answers ok when the store can be read."""
        repository.list_videos(limit=1)
        return Answer(value=Health())

    @routes.add("GET", "/alive", allow="anybody", answers={200: Health})
    def alive(_call: Call[Nothing, Nothing]) -> Answer:
        """Answers ok when this instance can answer, whatever the store does."""
        return Answer(value=Health())

    @routes.add("GET", "/.well-known/jwks.json", allow="anybody", answers={200: KeySet})
    def show_keys(_call: Call[Nothing, Nothing]) -> Answer:
        """Shows the keys to verify what this deployment signs."""
        return Answer(value=KeySet(keys=tuple(signer.public_keys()["keys"])))

    @routes.add(
        "GET",
        "/openapi.json",
        allow="anybody",
        answers={200: Content(media_type="application/json", description="OpenAPI 3.1")},
    )
    def show_openapi(_call: Call[Nothing, Nothing]) -> Response:
        """Describes this API."""
        from functions.api.document import committed_document  # read when somebody asks

        return Response(committed_document(), mimetype="application/json")

    return routes
