"""The service itself: where things are, and whether it works."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel

from functions.api.access import VideoAccess
from functions.api.responses import PROBLEM_RESPONSES, json_response

__all__ = ["service_routes"]


class Index(BaseModel):
    """Where to go from here."""

    name: str = "Automations Backend"
    links: dict[str, str] = {
        "videos": "/v1/videos",
        "search": "/v1/search?q=",
        "health": "/healthz",
        "openapi": "/openapi.json",
    }


class Health(BaseModel):
    """The service can answer."""

    status: str = "ok"


def service_routes(access: VideoAccess) -> APIBlueprint:
    """Returns the routes of the service itself."""
    routes = APIBlueprint("service", __name__, abp_responses=PROBLEM_RESPONSES)

    @routes.get("/", responses={200: Index})
    def index() -> Response:
        """Where to go from here."""
        return json_response(Index())

    @routes.get("/healthz", responses={200: Health})
    def healthz() -> Response:
        """Answers ok when the store can be read."""
        access.videos(owner=None, status=None, limit=1, cursor=None)
        return json_response(Health())

    return routes
