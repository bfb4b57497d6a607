"""The console and the rendered reference: pages that work without anything from elsewhere."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from werkzeug.wrappers import Response

from functions.api.operation import Call, Content, Nothing, Routes
from shared.domain.errors import NotFound
from shared.ports.object_links import ObjectLinks

__all__ = ["console_routes"]

_YEAR_S: Final = 365 * 86400
_PAGE: Final = {200: Content(media_type="text/html", description="A page")}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{origin}; media-src 'self'{origin}; "
    "connect-src 'self'{origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    # Nothing that is text can become code: no page here has a use for a policy that would allow it.
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",  # addresses of media files open them
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def console_routes(links: ObjectLinks) -> Routes:
    """Returns the routes of the console.

    Args:
        links: What says where browsers get media files from.
    """
    routes = Routes("console")

    @routes.add("GET", "/", allow="anybody", answers=_PAGE)
    def show_console(_call: Call[Nothing, Nothing]) -> Response:
        """Shows the console, which asks for a token itself."""
        return _page("index.html")

    @routes.add("GET", "/docs", allow="anybody", answers=_PAGE)
    def show_docs(_call: Call[Nothing, Nothing]) -> Response:
        """Shows the reference of this API."""
        return _page("docs.html")

    @routes.add(
        "GET",
        "/console/<release>/<path:name>",
        allow="anybody",
        answers={200: Content(media_type="*/*", description="A script, a style sheet or a picture")},
    )
    def show_console_file(call: Call[Nothing, Nothing]) -> Response:
        """Returns a file that the pages refer to."""
        from functions.api import console_files  # read when somebody looks at the console

        name = call.path["name"]
        content = console_files.asset(name) if call.path["release"] == console_files.release() else None
        if content is None:
            raise NotFound("There is no such file; load the page again, it may be of another release.")
        response = _response(content, console_files.MEDIA_TYPES[PurePosixPath(name).suffix])
        response.cache_control.public = True
        response.cache_control.max_age = _YEAR_S
        response.cache_control.immutable = True
        return response

    def _page(name: str) -> Response:
        from functions.api import console_files

        response = _response(console_files.page(name), "text/html")
        response.cache_control.no_cache = True
        return response

    def _response(content: bytes, media_type: str) -> Response:
        origin = f" {links.origin}" if links.origin else ""
        response = Response(content, content_type=f"{media_type}; charset=utf-8")
        response.headers["Content-Security-Policy"] = _POLICY.format(origin=origin)
        response.headers.extend(_HEADERS)
        response.add_etag()
        return response

    return routes
