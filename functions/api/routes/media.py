"""Media files by byte ranges, under their objects' names so that relative names in manifests resolve."""

from __future__ import annotations

from itertools import chain
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from flask import Request, Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable

from functions.api.access import VideoAccess
from functions.api.responses import PROBLEM_RESPONSES
from shared.domain.records import ObjectRef
from shared.domain.video import Video

__all__ = ["media_routes"]

_INERT_TYPES: Final = frozenset(
    {
        "application/dash+xml",
        "application/vnd.apple.mpegurl",
        "audio/mp4",
        "audio/wav",
        "image/jpeg",
        "image/png",
        "text/vtt",
        "video/mp4",
    }
)
"""Types that no browser runs as a page; anything else is served as bytes to save."""

_MAX_AGE_S: Final = 3600
"""An object never changes under its name, but its video may be deleted."""


class MediaPath(BaseModel):
    """Names one media file."""

    name: str


def media_routes(access: VideoAccess) -> APIBlueprint:
    """Returns the route of media files."""
    routes = APIBlueprint("media", __name__, url_prefix="/media", abp_responses=PROBLEM_RESPONSES)

    @routes.get("/<path:name>", responses=_documented())
    def media_file(path: MediaPath) -> Response:
        """Sends a media file or one byte range of it."""
        video, ref = access.media_file(path.name)
        response = _head(video, ref)
        # Answers If-None-Match and If-Match; ranges are ours, so that only the bytes asked for are read.
        response.make_conditional(request)
        if response.status_code == 412:
            raise PreconditionFailed
        if response.status_code == 200:
            _add_body(response, ref, access)
        return response

    return routes


def _documented() -> ResponseDict:
    """Returns what the route answers with, for the OpenAPI document."""
    body = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {
        200: {"content": body},
        206: {"content": body},
        304: None,
        412: PROBLEM_RESPONSES[404],
        416: PROBLEM_RESPONSES[404],
    }


def _head(video: Video, ref: ObjectRef) -> Response:
    response = Response(
        mimetype=ref.content_type if ref.content_type in _INERT_TYPES else "application/octet-stream"
    )
    response.set_etag(str(ref.generation))
    response.accept_ranges = "bytes"
    response.cache_control.private = True
    response.cache_control.max_age = _MAX_AGE_S
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    title = PurePosixPath(video.source.name).stem
    save_as = quote(f"{title}-{PurePosixPath(ref.name).name}", safe="")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{save_as}"
    return response


def _add_body(response: Response, ref: ObjectRef, access: VideoAccess) -> None:
    start, end = 0, ref.size_bytes
    wanted = _range(request, str(response.headers["ETag"]), ref.size_bytes)
    if wanted is not None:
        start, end = wanted
        response.status_code = 206
        response.content_range.set(start, end, ref.size_bytes)
    if request.method == "GET":
        chunks = access.read(ref, start, end)
        # The first chunk is read before the status goes out, so that a missing object is still a 404.
        response.response = chain([next(chunks, b"")], chunks)
    response.content_length = end - start


def _range(asked: Request, etag: str, size_bytes: int) -> tuple[int, int] | None:
    """Returns the one range to send; None for the whole file. Raises RequestedRangeNotSatisfiable."""
    wanted = asked.range
    # Several ranges in one answer would need a multipart body that no player asks for; HTTP allows ignoring them.
    if asked.method != "GET" or wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return None
    if asked.headers.get("If-Range", etag) != etag:
        return None
    first, end = wanted.ranges[0]
    start = first if first >= 0 else max(size_bytes + first, 0)
    if start >= size_bytes:
        raise RequestedRangeNotSatisfiable(length=size_bytes)
    return start, size_bytes if end is None else min(end, size_bytes)
