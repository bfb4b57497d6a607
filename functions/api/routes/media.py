"""Media files, for whoever has a link to one."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from werkzeug.wrappers import Response

from functions.api.media_files import Manifest, MediaFiles
from functions.api.media_links import MediaLinks
from functions.api.operation import Call, Content, Nothing, Routes
from functions.api.problems import Refusal

__all__ = ["media_routes"]


class LinkQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a link work."""

    expires: Annotated[str, Meta(pattern=r"^\d{1,12}$", description="Seconds since 1970 that it works until.")]
    signature: Annotated[str, Meta(max_length=100, description="What says that it was made here.")]


def media_routes(files: MediaFiles, own_links: MediaLinks, link_s: float) -> Routes:
    """Returns the route of media files.

    Args:
        files: The files.
        own_links: What checks links to this route.
        link_s: Seconds that links to the bucket work at least.
    """
    routes = Routes("media")

    @routes.add(
        "GET",
        "/media/<path:name>",
        allow="link",
        query=LinkQuery,
        answers={200: Content(media_type="*/*", description="A manifest or captions"), 302: None, 304: None},
    )
    def show_media_file(call: Call[LinkQuery, Nothing]) -> Response:
        """Shows manifests and captions, and leads to any other media file."""
        name = call.path["name"]
        if not own_links.opens(name, call.query.expires, call.query.signature):
            raise Refusal(403, "link_expired", "This link does not work (any more); ask for a new one.")
        found = files.find(name)
        return _shown(found) if isinstance(found, Manifest) else _led(found, link_s / 2)

    return routes


def _shown(manifest: Manifest) -> Response:
    response = Response(manifest.content, content_type=manifest.content_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _led(link: str, max_age_s: float) -> Response:
    response = Response(status=302, headers={"Location": link})
    response.cache_control.private = True
    response.cache_control.max_age = int(max_age_s)
    return response
