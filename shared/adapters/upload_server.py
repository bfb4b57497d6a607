"""The receiving side of Cloud Storage's resumable uploads, for one machine.

A PUT brings bytes (``Content-Range: bytes 0-99/1000``), or asks how many arrived (``bytes */1000``); 308 says that
there are more to come, with those that arrived in ``Range``, and 200 brings the object that they became. A DELETE
gives up, and is answered with 499.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from shared.adapters.session_files import UploadRefused, UploadSession
from shared.adapters.upload_sessions import UploadSessions
from shared.domain.errors import NotFound, PipelineError, PreconditionFailed, TransientError
from shared.logs import logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["UploadServer"]

_CONTENT_RANGE: Final = re.compile(r"bytes (?:\*|(\d{1,18})-(\d{1,18}))/(?:\*|(\d{1,18}))", re.ASCII)
_CANCELLED: Final = 499
_RESUME: Final = 308
_DISK_FULL: Final = 507


class UploadServer:
    """A WSGI application, to be mounted where FolderLinks' upload sessions lead.

    It does not log where it is asked: whoever reads a session's address can use it.

    Args:
        sessions: The sessions.
    """

    def __init__(self, sessions: UploadSessions) -> None:
        self._sessions = sessions

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except PipelineError as error:
            logger().warning("upload_refused", code=error.code, detail=error.detail)
            response = _text(_status_of(error), error.detail)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        session_id = request.path.strip("/")
        if request.method == "DELETE":
            self._sessions.end(session_id)
            return Response(status=_CANCELLED)
        if request.method != "PUT":
            response = _text(405, "Send bytes with PUT, or give up with DELETE.")
            response.headers["Allow"] = "DELETE, PUT"
            return response
        session = self._received(request, session_id)
        if session.made is not None:
            return Response(json.dumps(_resource(session)), status=200, content_type="application/json")
        response = Response(status=_RESUME)
        if session.received_bytes:
            response.headers["Range"] = f"bytes=0-{session.received_bytes - 1}"
        return response

    def _received(self, request: Request, session_id: str) -> UploadSession:
        session = self._sessions.peek(session_id)
        said = request.headers.get("Content-Range", f"bytes 0-{session.size_bytes - 1}/{session.size_bytes}")
        found = _CONTENT_RANGE.fullmatch(said)
        if found is None:
            raise UploadRefused("bad_content_range", "Content-Range must be like bytes 0-99/1000 or bytes */1000.")
        first, last, total = (None if number is None else int(number) for number in found.groups())
        if total not in {None, session.size_bytes}:
            raise UploadRefused("bad_content_range", f"{session.size_bytes} bytes were announced, not {total}.")
        if first is None or last is None:
            return self._sessions.look(session_id)
        if not first <= last < session.size_bytes:
            raise UploadRefused("bad_content_range", f"There are no such bytes among {session.size_bytes}.")
        if request.content_length not in {None, last - first + 1}:
            raise UploadRefused("bad_content_range", "Content-Length and Content-Range contradict each other.")
        to_the_end = total == last + 1
        return self._sessions.receive(
            session_id, first, _Body(request, last - first + 1).read, to_the_end=to_the_end
        )


class _Body:
    """A request's body, which ends early when the connection does."""

    def __init__(self, request: Request, size_bytes: int) -> None:
        self._stream = request.stream
        self._left_bytes = size_bytes

    def read(self, most_bytes: int) -> bytes:
        try:
            block = self._stream.read(min(most_bytes, self._left_bytes))
        except (ClientDisconnected, OSError):
            return b""
        self._left_bytes -= len(block)
        return block


def _resource(session: UploadSession) -> dict[str, str]:
    """Returns what Cloud Storage's JSON API shows of an object."""
    assert session.made is not None  # noqa: S101 - whoever calls this knows; it tells the type checker
    made = session.made
    return {
        "kind": "storage#object",
        "id": f"{made.bucket}/{made.name}/{made.generation}",
        "bucket": made.bucket,
        "name": made.name,
        "generation": str(made.generation),
        "metageneration": "1",
        "contentType": made.content_type,
        "size": str(made.size_bytes),
        "crc32c": session.checksum,
    }


def _status_of(error: PipelineError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, PreconditionFailed):
        return 412
    if isinstance(error, TransientError):
        return _DISK_FULL if error.code == "disk_full" else 503
    return 410 if error.code == "session_expired" else 400


def _text(status: int, detail: str) -> Response:
    return Response(f"{detail}\n", status=status, content_type="text/plain; charset=utf-8")
