"""Cloud Storage's JSON API on a loopback port, as strict as the real one about what emulators let pass.

It enforces generation preconditions on uploads of every kind, reads and deletions, checksums, ranges, the protocol
of resumable sessions, pages of listings and signatures of URLs, and it fails on demand. It keeps one generation of
each object, in memory, and refuses what it does not understand.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType, TracebackType
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.testing.gcs_objects import GcsObjects, Refused, Session
from shared.testing.gcs_signatures import check_signature
from shared.testing.loopback import LoopbackServer

__all__ = ["Fault", "Operation", "Request", "StrictGcs"]

Operation: TypeAlias = Literal["metadata", "media", "list", "delete", "upload", "session", "chunk", "status"]
"""An ``upload`` is one request; a ``session`` is started, fed in ``chunk``s and asked for its ``status``."""

_BLOCK_BYTES: Final = 2**16
_OBJECT: Final = re.compile(r"(?P<media>/download)?/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)")
_OBJECTS: Final = re.compile(r"(?P<upload>/upload)?/storage/v1/b/(?P<bucket>[^/]+)/o")
_UNDERSTOOD: Final = {
    *(
        "alt",
        "fields",
        "generation",
        "ifGenerationMatch",
        "maxResults",
        "pageToken",
        "prefix",
        "prettyPrint",
        "startOffset",
    ),
    *("project", "projection", "uploadType", "upload_id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        status: Answer with this status and do nothing.
        lost: Do the work, then hang up without an answer.
        cut_after: Hang up after this many bytes of the content, coming or going.
        damaged: Change a byte of the content on its way.
        kept_bytes: Keep this many bytes of a chunk, and say so.
    """

    status: int | None = None
    lost: bool = False
    cut_after: int | None = None
    damaged: bool = False
    kept_bytes: int | None = None


_NO_FAULT: Final = Fault()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in: what for, its parameters, and the range of bytes it asks for or brings."""

    operation: Operation
    query: Mapping[str, str]
    range: str


class StrictGcs:
    """A server for the time of a ``with`` statement.

    Args:
        page_size: Objects in a page of a listing.

    Attributes:
        url: Where it listens.
        accounts: Service account -> public key, of those who may sign URLs.
        now: Tells the time that signatures are checked by.
        requests: What came in.
        objects: What is stored.
    """

    def __init__(self, *, page_size: int = 1000) -> None:
        self.page_size = page_size
        self.requests: list[Request] = []
        self.accounts: dict[str, RSAPublicKey] = {}
        self.now: Callable[[], datetime] = partial(datetime.now, UTC)
        self._faults: dict[Operation, deque[Fault]] = defaultdict(deque)
        self._server = _Server(self)
        self.url = self._server.url
        self.objects = GcsObjects(self.url)

    @property
    def client_environment(self) -> Mapping[str, str]:
        """What makes Google's client use it."""
        return {"STORAGE_EMULATOR_HOST": self.url}

    def __enter__(self) -> StrictGcs:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def inject(self, operation: Operation, *faults: Fault) -> None:
        """Lets the next requests of a kind go wrong, one fault each."""
        self._faults[operation].extend(faults)

    def take_fault(self, request: Request) -> Fault:
        """Notes a request and returns what goes wrong with it."""
        self.requests.append(request)
        waiting = self._faults[request.operation]
        return waiting.popleft() if waiting else _NO_FAULT


class _Server(LoopbackServer):
    def __init__(self, gcs: StrictGcs) -> None:
        super().__init__(_Handler)
        self.gcs = gcs


class _HangUp(Exception):
    """The connection ends here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # an answer in one piece does not wait for the acknowledgement of its head
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Says nothing; whatever matters is in StrictGcs.requests."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        self._query = {key: values[0] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        self._objects = self.server.gcs.objects
        serve = self._signed if "X-Goog-Signature" in self._query else self._route
        try:
            serve(url.path)
        except Refused as refused:
            self.close_connection = True  # a body may have been left unread
            error = {"code": refused.status, "message": refused.message}
            self._answer(refused.status, json.dumps({"error": error}).encode(), {})
        except _HangUp:
            self.close_connection = True

    def _route(self, path: str) -> None:
        if unknown := self._query.keys() - _UNDERSTOOD:
            raise Refused(501, f"not understood here: {unknown}")
        if match := _OBJECT.fullmatch(path):
            bucket, name = match["bucket"], unquote(match["name"], errors="strict")
            if self.command == "DELETE":
                self._delete(bucket, name)
            elif match["media"]:
                self._media(bucket, name)
            else:
                self._metadata(bucket, name)
        elif match := _OBJECTS.fullmatch(path):
            if match["upload"]:
                self._receive_object(match["bucket"])
            else:
                self._list(match["bucket"])
        elif self.command == "POST" and path == "/storage/v1/b":
            self._objects.create_bucket(json.loads(self._body(_NO_FAULT))["name"])
            self._answer(200, b"{}", {})
        else:
            raise Refused(501, f"not understood here: {self.command} {path}")

    def _signed(self, path: str) -> None:
        """Answers a signed URL, which is one of the XML API."""
        gcs = self.server.gcs
        check_signature(self.command, self.path, self.headers["Host"], gcs.accounts, gcs.now())
        bucket, _, name = unquote(path, errors="strict").removeprefix("/").partition("/")
        shown = {
            header: self._query[f"response-{header.lower()}"]
            for header in ("Content-Type", "Content-Disposition")
            if f"response-{header.lower()}" in self._query
        }
        self._media(bucket, name, shown)

    def _receive_object(self, bucket: str) -> None:
        if self.command == "PUT":
            self._feed(self._objects.session(self._query["upload_id"]))
        elif self.command == "DELETE":
            self._objects.cancel(self._query["upload_id"])
            self._answer(499, b"", {})  # what Cloud Storage says to that
        elif self._query["uploadType"] == "resumable":
            self._start(bucket)
        else:
            self._upload(bucket)

    def _fault(self, operation: Operation) -> Fault:
        content_range = self.headers["Content-Range"] or self.headers.get("Range", "")
        fault = self.server.gcs.take_fault(Request(operation, self._query, content_range))
        if fault.status is not None:
            raise Refused(fault.status, "on demand")
        return fault

    def _metadata(self, bucket: str, name: str) -> None:
        fault = self._fault("metadata")
        self._answer_json(self._objects.find(bucket, name, self._query).resource, fault)

    def _delete(self, bucket: str, name: str) -> None:
        fault = self._fault("delete")
        self._objects.delete(bucket, name, self._query)
        self._answer(204, b"", {}, fault)

    def _list(self, bucket: str) -> None:
        fault = self._fault("list")
        found = self._objects.listed(
            bucket,
            self._query.get("prefix", ""),
            self._query.get("startOffset", ""),
            self._query.get("pageToken", ""),
        )
        size = self.server.gcs.page_size
        page: dict[str, Any] = {"items": [stored.resource for stored in found[:size]]}
        if len(found) > size:
            page["nextPageToken"] = found[size - 1].resource["name"]
        self._answer_json(page, fault)

    def _media(self, bucket: str, name: str, shown: Mapping[str, str] = MappingProxyType({})) -> None:
        fault = self._fault("media")
        stored = self._objects.find(bucket, name, self._query)
        headers = {
            "Content-Type": stored.resource["contentType"],
            "X-Goog-Generation": stored.resource["generation"],
            "X-Goog-Hash": f"crc32c={stored.resource['crc32c']}",
            **shown,
        }
        content, status = stored.content, 200
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
            if start > last:
                raise Refused(416, "there is no such range")
            headers["Content-Range"] = f"bytes {start}-{last}/{len(content)}"
            content, status = content[start : last + 1], 206
        self._answer(status, content, headers, fault)

    def _upload(self, bucket: str) -> None:
        fault = self._fault("upload")
        boundary = self.headers["Content-Type"].partition("boundary=")[2].strip("\"'").encode()
        _, first, second, _ = self._body(fault).split(b"--" + boundary)
        metadata = json.loads(first.partition(b"\r\n\r\n")[2])
        head, _, content = second.partition(b"\r\n\r\n")
        metadata.setdefault("contentType", head.decode().partition("content-type: ")[2].strip())
        content = _damaged(content[:-2]) if fault.damaged else content[:-2]
        self._answer_json(self._objects.store(bucket, metadata, content, self._query), fault)

    def _start(self, bucket: str) -> None:
        fault = self._fault("session")
        metadata = json.loads(self._body(fault))
        metadata.setdefault("contentType", self.headers["X-Upload-Content-Type"])
        declared = self.headers["X-Upload-Content-Length"]
        session = self._objects.start(bucket, metadata, self._query, int(declared) if declared else None)
        self._answer(200, b"", {"Location": f"{self.server.gcs.url}{self.path}&upload_id={session.id}"}, fault)

    def _feed(self, session: Session) -> None:
        wanted, _, total = self.headers["Content-Range"].removeprefix("bytes ").partition("/")
        if wanted == "*":
            fault = self._fault("status")
            if total == "0":
                self._objects.advance(session, 0)
        else:
            fault = self._fault("chunk")
            try:
                self._receive(session, int(wanted.partition("-")[0]), fault)
            finally:
                self._objects.advance(session, None if total == "*" else int(total))
        if session.resource is not None:
            self._answer_json(session.resource, fault)
        else:
            received = {"Range": f"bytes=0-{len(session.content) - 1}"} if session.content else {}
            self._answer(308, b"", received, fault)

    def _receive(self, session: Session, start: int, fault: Fault) -> None:
        """Adds what arrives to a session, as far as it is new."""
        length = int(self.headers["Content-Length"])
        kept = length if fault.kept_bytes is None else fault.kept_bytes
        cut_after = length if fault.cut_after is None else fault.cut_after
        at = 0
        while at < min(length, cut_after):
            block = self.rfile.read(min(_BLOCK_BYTES, min(length, cut_after) - at))
            if not block:
                raise _HangUp
            session.take(start + at, _damaged(block) if fault.damaged and not at else block[: max(0, kept - at)])
            at += len(block)
        if cut_after < length:
            raise _HangUp

    def _body(self, fault: Fault) -> bytes:
        if fault.cut_after is not None:
            self.rfile.read(fault.cut_after)
            raise _HangUp
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer_json(self, body: Mapping[str, Any], fault: Fault) -> None:
        self._answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"}, fault)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str], fault: Fault = _NO_FAULT) -> None:
        if fault.lost:
            raise _HangUp
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = _damaged(body) if fault.damaged and self.command == "GET" else body
        self.wfile.write(sent[: fault.cut_after])
        if fault.cut_after is not None:
            raise _HangUp


def _damaged(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]
