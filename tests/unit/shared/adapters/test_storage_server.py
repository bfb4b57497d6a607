"""Objects over HTTP: ranges, conditions, other origins, and what must not be reachable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from shared.adapters.filesystem import FolderBlobStore
from shared.adapters.folder_links import FolderLinks
from shared.adapters.signing_key import SigningKey
from shared.adapters.storage_server import StorageServer
from shared.adapters.upload_sessions import UploadSessions
from shared.domain.errors import TransientError
from shared.domain.records import ObjectRef
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)
PAGE = "https://app.example.com"


@dataclass(frozen=True)
class Storage:
    """The server over a store with one object, and the link to it."""

    client: Client
    links: FolderLinks
    url: str

    def get(self, **headers: str) -> TestResponse:
        return self.client.get(
            self.url, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )


def serve(store: InMemoryBlobStore | FolderBlobStore, folder: Path, name: str = "videos/v/clip.mp4") -> Storage:
    (folder / "source").write_bytes(CONTENT)
    ref = store.put("media", name, folder / "source", "video/mp4")
    clock = ManualClock()
    sessions = UploadSessions(folder / "sessions", FolderBlobStore(folder / "data", {}), clock)
    links = FolderLinks(sessions, SigningKey.generate(), clock)
    server = StorageServer(store, links, [PAGE])
    client = Client(DispatcherMiddleware(Response(status=418), {"/storage": server}))
    return Storage(client, links, links.signed_url(ref, 60))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return serve(FolderBlobStore(tmp_path / "data", {}), tmp_path)


def test_whole_object(storage: Storage) -> None:
    answer = storage.get()
    assert (answer.status_code, answer.data, answer.mimetype) == (200, CONTENT, "video/mp4")
    assert answer.content_length == SIZE
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        ("bytes=1000-99999", 1000, SIZE),
        ("bytes=-99999", 0, SIZE),
    ],
)
def test_one_range(storage: Storage, asked: str, start: int, end: int) -> None:
    answer = storage.get(Range=asked)
    assert (answer.status_code, answer.data) == (206, CONTENT[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.content_length == end - start


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}"])
def test_range_beyond_the_end(storage: Storage, asked: str) -> None:
    answer = storage.get(Range=asked)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=9-1", "bytes=x", "0-1"])
def test_other_ranges_are_ignored(storage: Storage, asked: str) -> None:
    assert storage.get(Range=asked).status_code == 200


def test_conditions(storage: Storage) -> None:
    etag = storage.get().headers["ETag"]
    unchanged = storage.get(If_None_Match=etag)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert storage.get(If_Match='"other"').status_code == 412
    assert storage.get(Range="bytes=0-1", If_Range=etag).status_code == 206
    assert storage.get(Range="bytes=0-1", If_Range='"other"').status_code == 200
    assert storage.get(Range="bytes=0-1", If_Range=f"W/{etag}").status_code == 200


def test_head_sends_no_body(storage: Storage) -> None:
    answer = storage.client.head(storage.url)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_length == SIZE
    assert answer.headers["ETag"]


@pytest.mark.reliability("A26")
def test_nothing_is_served_as_a_page(tmp_path: Path) -> None:
    # What a bucket of folders says of a page; another store may say text/html.
    storage = serve(InMemoryBlobStore(), tmp_path, "ann/page.html")
    refused = storage.client.get(storage.url + "x")
    for answer in (storage.get(), refused):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert refused.mimetype == "text/plain"


def test_pages_of_known_origins_may_read(storage: Storage) -> None:
    known, other = storage.get(Origin=PAGE, Range="bytes=0-1"), storage.get(Origin="https://evil.example")
    assert known.access_control_allow_origin == PAGE
    assert "Content-Range" in known.access_control_expose_headers
    assert "Access-Control-Allow-Origin" not in other.headers
    assert known.headers["Vary"] == other.headers["Vary"] == "Origin"

    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    preflight = storage.client.options(storage.url, headers={"Origin": PAGE, **asked})
    assert (preflight.status_code, preflight.access_control_allow_origin) == (204, PAGE)
    assert "range" in preflight.access_control_allow_headers
    assert "GET" in preflight.access_control_allow_methods


@pytest.mark.reliability("A11")
@pytest.mark.parametrize(
    "path",
    [
        "/storage/media/videos/v/../../../videos.db",
        "/storage/media/videos/v/%2e%2e/%2e%2e/%2e%2e/videos.db",
        "/storage/media/..%2f..%2fvideos.db",
        "/storage/media//videos/v/clip.mp4",
        "/storage//etc/passwd",
        "/storage/media",
        "/storage/",
        "/storage/media/%00",
        "/storage/uploads/videos/v/clip.mp4",
    ],
)
def test_nothing_else_is_reachable(storage: Storage, path: str) -> None:
    assert storage.client.get(f"{path}?{storage.url.partition('?')[2]}").status_code == 403


@pytest.mark.reliability("A10")
@pytest.mark.parametrize("name", ["a b/ü#?%.mp4", "line\nbreak", "caf\udce9.mp4", "..", "a//b", "x" * 1024])
def test_any_name_can_be_linked(tmp_path: Path, name: str) -> None:
    store = FolderBlobStore(tmp_path / "data", {})
    storage = serve(store, tmp_path, name)
    server = StorageServer(store, storage.links)
    path = storage.url.removeprefix("/storage").partition("?")[0]
    raw = "/media/" + name
    assert path == quote(raw.encode("utf-8", "surrogateescape"))
    # As a server hands it over; a client's library would normalise such paths.
    environ = {"REQUEST_METHOD": "GET", "QUERY_STRING": storage.url.partition("?")[2]}
    environ["PATH_INFO"] = raw.encode("utf-8", "surrogateescape").decode("latin-1")
    answers: list[str] = []
    body = server(environ, lambda status, _headers, _error=None: answers.append(status))  # type: ignore[arg-type]  # enough of a server
    assert (answers, b"".join(body)) == (["200 OK"], CONTENT)


def refuse(_ref: ObjectRef) -> bytes:
    raise TransientError("store_busy", "The store is busy.")


class UnreadableBlobStore(InMemoryBlobStore):
    """Knows its objects but can't read them just now, which shows when the first chunk is asked for."""

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return map(refuse, [ref])


def test_a_store_that_can_not_be_read_is_told_by_the_status(tmp_path: Path) -> None:
    storage = serve(UnreadableBlobStore(), tmp_path)
    assert storage.get().status_code == 503
    assert storage.client.head(storage.url).status_code == 200
