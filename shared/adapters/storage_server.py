"""Buckets over HTTP for one machine: what Cloud Storage does with a signed URL, done with folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from werkzeug.datastructures import HeaderSet
from werkzeug.exceptions import Forbidden, HTTPException, ServiceUnavailable
from werkzeug.exceptions import NotFound as NotFoundStatus
from werkzeug.wrappers import Request, Response

from shared.adapters.folder_links import DISPOSITION, FolderLinks
from shared.adapters.object_download import download
from shared.domain.errors import NotFound, PreconditionFailed, TransientError
from shared.ports.blob_store import BlobStore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["StorageServer"]

_METHODS: Final = HeaderSet(("GET", "HEAD"))
_ASKED: Final = HeaderSet(("If-Range", "Range"))
_EXPOSED: Final = HeaderSet(("Accept-Ranges", "Content-Length", "Content-Range", "ETag"))
_PREFLIGHT_S: Final = 3600


class StorageServer:
    """A WSGI application, to be mounted at ``/storage``, where FolderLinks lead.

    It logs nothing: whoever reads a link can use it.

    Args:
        blobs: Where the objects are.
        links: What made the links.
        cors_origins: Web pages of other origins that may read the answers.
    """

    def __init__(self, blobs: BlobStore, links: FolderLinks, cors_origins: Sequence[str] = ()) -> None:
        self._blobs = blobs
        self._links = links
        self._cors_origins = frozenset(cors_origins)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except (HTTPException, NotFound, PreconditionFailed, TransientError) as error:
            response = _refusal(_status_of(error))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        self._allow_origin(request, response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204)
        if request.method not in _METHODS:
            raise Forbidden
        return self._read(request)

    def _read(self, request: Request) -> Response:
        bucket, name = _object_of(request)
        query = request.args.to_dict()
        if not self._links.opens(bucket, name, query):
            raise Forbidden
        ref = self._blobs.stat(bucket, name)
        if str(ref.generation) != query["generation"]:
            raise NotFoundStatus
        return download(request, self._blobs, ref, query.get(DISPOSITION, ""))

    def _allow_origin(self, request: Request, response: Response) -> None:
        if not self._cors_origins:
            return
        response.vary.add("Origin")
        if request.origin in self._cors_origins:
            response.access_control_allow_origin = request.origin
            response.access_control_expose_headers = _EXPOSED
            if request.method == "OPTIONS":
                response.access_control_allow_methods = _METHODS
                response.access_control_allow_headers = _ASKED
                response.access_control_max_age = _PREFLIGHT_S


def _object_of(request: Request) -> tuple[str, str]:
    """Returns the bucket and the object that a path names, whose bytes need not be UTF-8."""
    bucket, _, name = os.fsdecode(request.environ["PATH_INFO"].encode("latin-1")).lstrip("/").partition("/")
    return bucket, name


def _status_of(error: Exception) -> HTTPException:
    if isinstance(error, HTTPException):
        return error
    if isinstance(error, TransientError):
        return ServiceUnavailable(error.detail)
    return NotFoundStatus()  # replaced is as gone as removed


def _refusal(error: HTTPException) -> Response:
    response = Response(f"{error.name}\n", status=error.code, mimetype="text/plain")
    # Content-Range and the like belong to the error; its HTML does not.
    response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response
