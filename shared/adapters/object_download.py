"""An object as an HTTP answer: whole, one byte range of it, or nothing because the client has it already."""

from __future__ import annotations

from itertools import chain
from typing import Final

from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.wrappers import Request, Response

from shared.domain.inert_types import inert_type
from shared.domain.records import ObjectRef
from shared.ports.blob_store import BlobStore

__all__ = ["download"]

_MAX_AGE_S: Final = 3600
"""An object never changes under a link, but it may be deleted."""


def download(request: Request, blobs: BlobStore, ref: ObjectRef, disposition: str) -> Response:
    """Returns what answers a GET or HEAD.

    Args:
        request: The request.
        blobs: Where the object is.
        ref: The object.
        disposition: The answer's Content-Disposition; empty for none.

    Raises:
        HTTPException: A condition of the request does not hold, or there is no such range.
        NotFound: The object is gone.
        PreconditionFailed: There is another one in its place.
        TransientError: The store can't be read.
    """
    response = Response(content_type=inert_type(ref.content_type))
    response.set_etag(str(ref.generation))
    response.accept_ranges = "bytes"
    response.cache_control.private = True
    response.cache_control.max_age = _MAX_AGE_S
    if disposition:
        response.headers["Content-Disposition"] = disposition
    # Answers If-None-Match and If-Match; ranges are ours, so that only the bytes asked for are read.
    response.make_conditional(request)
    if response.status_code == 412:
        raise PreconditionFailed
    if response.status_code == 200:
        _add_body(request, response, blobs, ref)
    return response


def _add_body(request: Request, response: Response, blobs: BlobStore, ref: ObjectRef) -> None:
    start, end = 0, ref.size_bytes
    wanted = _range(request, str(response.headers["ETag"]), ref.size_bytes)
    if wanted is not None:
        start, end = wanted
        response.status_code = 206
        response.content_range.set(start, end, ref.size_bytes)
    if request.method == "GET":
        chunks = blobs.read(ref, start, end)
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
