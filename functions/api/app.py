"""The API as a WSGI application over its ports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from flask import Flask

from functions.api.cors import install_cors
from functions.api.dispatch import DispatchPorts, Layer, install_operations
from functions.api.media_files import MediaFiles
from functions.api.media_links import MediaLinks
from functions.api.operation import Operation
from functions.api.problems import install_error_handlers
from functions.api.quotas import Quotas
from functions.api.rate_limit import RateLimit
from functions.api.request_log import install_request_log
from functions.api.reserving import Reservations
from functions.api.routes.keys import key_routes
from functions.api.routes.media import media_routes
from functions.api.routes.playback import playback_routes
from functions.api.routes.search import search_routes
from functions.api.routes.service import service_routes
from functions.api.routes.transcript import transcript_routes
from functions.api.routes.uploads import upload_routes
from functions.api.routes.videos import video_routes
from functions.api.uploading import Uploading
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
    install_cors(app, ports.settings.cors_origins)
    install_error_handlers(app)
    install_operations(app, operations(ports), ports, _layers(ports))
    return app


def operations(ports: ApiPorts) -> list[Operation[Any, Any]]:
    """Returns everything that the API does."""
    media_bucket, link_s = ports.settings.media_bucket, ports.settings.link_s
    own_links = MediaLinks(ports.signer, ports.clock, link_s)
    files = MediaFiles(ports.repository, ports.blobs, media_bucket, own_links, ports.links, link_s)
    views = Views(own_links.link)
    quotas = Quotas(ports.settings.quota, ports.settings.limits.max_size_bytes)
    reservations = Reservations(ports.lifecycle, ports.clock, ports.settings.upload_bucket)
    resources = (
        service_routes(ports.repository, ports.signer),
        video_routes(views, shown_statuses(ports.flow)),
        search_routes(views),
        playback_routes(own_links),
        transcript_routes(),
        media_routes(files, own_links, link_s),
        key_routes(ports.clock),
        upload_routes(Uploading(ports, quotas, reservations), ports.clock),
    )
    return [operation for routes in resources for operation in routes.operations]


def _layers(ports: ApiPorts) -> list[Layer]:
    return [RateLimit(ports.settings.quota.requests_per_minute)]
