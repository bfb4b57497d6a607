"""The API as a WSGI application over its ports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from functions.api.audit import audit_layer
from functions.api.cors import CrossOrigin
from functions.api.dispatch import Dispatcher, DispatchPorts, Layer
from functions.api.event_stream import EventStreams
from functions.api.idempotency import idempotency_layer
from functions.api.media_files import MediaFiles
from functions.api.media_links import MediaLinks
from functions.api.operation import Operation
from functions.api.quotas import Quotas
from functions.api.rate_limit import RateLimit
from functions.api.reserving import Reservations
from functions.api.routes.audit import audit_routes
from functions.api.routes.clips import clip_routes
from functions.api.routes.console import console_routes
from functions.api.routes.contents import content_routes
from functions.api.routes.erasure import erasure_routes
from functions.api.routes.events import event_routes
from functions.api.routes.exports import export_routes
from functions.api.routes.imports import import_routes
from functions.api.routes.keys import key_routes
from functions.api.routes.labels import label_routes
from functions.api.routes.media import media_routes
from functions.api.routes.playback import playback_routes
from functions.api.routes.search import search_routes
from functions.api.routes.service import service_routes
from functions.api.routes.tags import tag_routes
from functions.api.routes.transcript import transcript_routes
from functions.api.routes.uploads import upload_routes
from functions.api.routes.usage import usage_routes
from functions.api.routes.videos import video_routes
from functions.api.routes.webhook_deliveries import webhook_delivery_routes
from functions.api.routes.webhooks import webhook_routes
from functions.api.tracing import tracing_layer
from functions.api.uploading import Uploading
from functions.api.views import Views
from shared.domain.errors import TransientError
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.logs import logger
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import JobRunner
from shared.ports.object_links import ObjectLinks
from shared.ports.signer import Signer
from shared.ports.span_exporter import SpanExporter
from shared.ports.web_client import WebClient
from shared.runtime.outbox import publish_outbox
from shared.settings import Settings

__all__ = ["ApiPorts", "create_app", "operations"]


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
    def web(self) -> WebClient: ...

    @property
    def jobs(self) -> JobRunner | None: ...

    @property
    def spans(self) -> SpanExporter | None: ...


def create_app(ports: ApiPorts, *, trusted_hosts: Sequence[str] | None = None) -> Dispatcher:
    """Builds the API, a WSGI application; its OpenAPI 3.1 document is at ``/openapi.json``.

    Args:
        ports: What it works with.
        trusted_hosts: Names that requests may address the API by; None allows any.
    """
    cross_origin = CrossOrigin(ports.settings.cors_origins)
    return Dispatcher(operations(ports), ports, _layers(ports), cross_origin, trusted_hosts)


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
        video_routes(views, ports.flow, ports.lifecycle, ports.clock, partial(_publish, ports)),
        event_routes(views, EventStreams(ports.clock, ports.settings.event_streams), ports.clock),
        content_routes(views),
        tag_routes(views, ports.lifecycle, ports.clock, partial(_publish, ports)),
        label_routes(views),
        console_routes(ports.links),
        usage_routes(ports.settings.quota, ports.settings.budget, ports.clock),
        erasure_routes(ports),
        search_routes(views),
        playback_routes(own_links),
        transcript_routes(),
        media_routes(files, own_links, link_s),
        key_routes(ports.clock),
        upload_routes(Uploading(ports, quotas, reservations), ports.clock),
        import_routes(ports, quotas, reservations),
        webhook_routes(ports.web, ports.clock, ports.flow.announcements),
        webhook_delivery_routes(ports.bus, ports.clock),
        audit_routes(),
        clip_routes(ports, quotas, link_s),
        export_routes(ports.bus, ports.clock, ports.links, link_s, ports.blobs, media_bucket),
    )
    return [operation for routes in resources for operation in routes.operations]


def _layers(ports: ApiPorts) -> list[Layer]:
    # The audit log is innermost: what a layer around it answers, such as a repeated request, changes nothing.
    return [
        RateLimit(ports.settings.quota.requests_per_minute),
        idempotency_layer(ports.clock),
        *([] if ports.spans is None else [tracing_layer(ports.spans, ports.clock)]),
        audit_layer(ports.clock),
    ]


def _publish(ports: ApiPorts, video_id: str) -> None:
    try:
        publish_outbox(ports.repository, ports.bus, video_id=video_id)
    except TransientError as error:
        # It is committed; sweep publishes what is left in the outbox.
        logger().warning("publish_failed", video_id=video_id, error=str(error))
