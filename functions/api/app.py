"""The API as a WSGI application over its ports."""

from __future__ import annotations

from collections.abc import Sequence

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from functions.api.access import VideoAccess
from functions.api.errors import install_error_handlers, validation_problem
from functions.api.request_log import install_request_log
from functions.api.responses import Problem
from functions.api.routes.media import media_routes
from functions.api.routes.search import search_routes
from functions.api.routes.service import service_routes
from functions.api.routes.videos import video_routes
from shared.domain.flow import Flow
from shared.domain.status import shown_statuses
from shared.pipeline import load_flow
from shared.ports.blob_store import BlobStore
from shared.ports.video_repository import VideoRepository

__all__ = ["create_app"]

_INFO = Info(
    title="Automations Backend",
    version="1",
    description="Videos, what was found in them, and their media files.",
)


def create_app(
    repository: VideoRepository,
    blobs: BlobStore,
    media_bucket: str,
    *,
    flow: Flow | None = None,
    trusted_hosts: Sequence[str] | None = None,
) -> OpenAPI:
    """Builds the API; its OpenAPI 3.1 document is at ``/openapi.json``.

    Args:
        repository: Where videos are kept.
        blobs: Where media files are kept.
        media_bucket: The bucket they are in.
        flow: The stages that videos go through; None for the usual ones.
        trusted_hosts: Names that requests may address the API by; None allows any. Without authentication, a page
            that rebinds its own name to this machine could otherwise read everything in its visitor's browser.
    """
    app = OpenAPI(
        __name__,
        info=_INFO,
        validation_error_model=Problem,
        validation_error_callback=validation_problem,
        # The document is served below; its viewers would load scripts from elsewhere.
        doc_ui=False,
        static_folder=None,
    )
    app.config["TRUSTED_HOSTS"] = None if trusted_hosts is None else list(trusted_hosts)
    # A doubled slash names nothing, instead of being redirected to something.
    app.url_map.merge_slashes = False
    install_request_log(app)
    install_error_handlers(app)
    access = VideoAccess(repository, blobs, media_bucket)
    app.register_api(service_routes(access))
    app.register_api(video_routes(access, shown_statuses(flow or load_flow())))
    app.register_api(search_routes(access))
    app.register_api(media_routes(access))
    app.add_url_rule("/openapi.json", "openapi", lambda: app.api_doc)
    return app
