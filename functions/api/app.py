"""The API as a WSGI application over its ports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from flask import Flask

from functions.api.dispatch import DispatchPorts, Layer, install_operations
from functions.api.media_links import MediaLinks
from functions.api.operation import Operation
from functions.api.problems import install_error_handlers
from functions.api.request_log import install_request_log
from functions.api.routes.console import console_routes
from functions.api.routes.media import media_routes
from functions.api.routes.search import search_routes
from functions.api.routes.service import service_routes
from functions.api.routes.videos import video_routes
from functions.api.views import Views
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.status import shown_statuses
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import JobRunner
from shared.ports.object_links import ObjectLinks
from shared.ports.signer import Signer
from shared.settings import Settings

__all__ = ["ApiPorts", "create_app", "operations"]

_MAX_BODY_BYTES: Final = 2**20
"""Videos go to the bucket; nothing else that is sent here is larger."""


class ApiPorts(DispatchPorts, Protocol):
    """What the API needs."""

    @property
    def settings(self) -> Settings: ...

    @property
    def flow(self) -> Flow: ...

    @property
    def lifecycle(self) -> Lifecycle: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def links(self) -> ObjectLinks: ...

    @property
    def signer(self) -> Signer: ...

    @property
    def jobs(self) -> JobRunner | None: ...


def create_app(ports: ApiPorts, *, trusted_hosts: Sequence[str] | None = None) -> Flask:
    """Builds the API; its OpenAPI 3.1 document is at ``/openapi.json``.

    Args:
        ports: What it works with.
        trusted_hosts: Names that requests may address the API by; None allows any.
    """
    app = Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = None if trusted_hosts is None else list(trusted_hosts)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    # A doubled slash names nothing, instead of being redirected to something.
    app.url_map.merge_slashes = False
    install_request_log(app)
    install_error_handlers(app)
    install_operations(app, operations(ports), ports, _layers(ports))
    return app


def operations(ports: ApiPorts) -> list[Operation[Any, Any]]:
    """Returns everything that the API does."""
    media_bucket = ports.settings.media_bucket
    own_links = MediaLinks(ports.signer, ports.clock, ports.settings.link_s)
    views = Views(own_links.link)
    resources = (
        service_routes(ports.repository, ports.signer),
        console_routes(ports.links),
        video_routes(views, shown_statuses(ports.flow)),
        search_routes(views),
        media_routes(ports.repository, ports.blobs, media_bucket, own_links, ports.links),
    )
    return [operation for routes in resources for operation in routes.operations]


def _layers(_ports: ApiPorts) -> list[Layer]:
    return []
