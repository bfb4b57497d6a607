"""Media files over HTTP: ranges, conditions, and what must not be reachable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from shared.domain.errors import TransientError
from shared.domain.identity import memo_key, object_prefix
from shared.domain.records import ObjectRef
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from tests.functional.library import MP4_BYTES, Library

SIZE = len(MP4_BYTES)


@pytest.fixture
def mp4_url(library: Library) -> str:
    return f"/media/videos/{library.add_finished().id}/r1/transcode-2/clip.mp4"


def fetch(library: Library, url: str, **headers: str) -> TestResponse:
    return library.client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_whole_file(library: Library, mp4_url: str) -> None:
    response = fetch(library, mp4_url)
    assert (response.status_code, response.data) == (200, MP4_BYTES)
    assert response.mimetype == "video/mp4"
    assert response.content_length == SIZE
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == "inline; filename*=UTF-8''clip-clip.mp4"


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
def test_one_range(library: Library, mp4_url: str, asked: str, start: int, end: int) -> None:
    response = fetch(library, mp4_url, Range=asked)
    assert (response.status_code, response.data) == (206, MP4_BYTES[start:end])
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert response.content_length == end - start


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}"])
def test_range_beyond_the_end(library: Library, mp4_url: str, asked: str) -> None:
    response = fetch(library, mp4_url, Range=asked)
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"
    assert response.json is not None
    assert response.json["code"] == "requested_range_not_satisfiable"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=9-1", "bytes=x", "0-1"])
def test_other_ranges_are_ignored(library: Library, mp4_url: str, asked: str) -> None:
    assert fetch(library, mp4_url, Range=asked).status_code == 200


def test_conditions(library: Library, mp4_url: str) -> None:
    etag = fetch(library, mp4_url).headers["ETag"]
    unchanged = fetch(library, mp4_url, If_None_Match=etag)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    refused = fetch(library, mp4_url, If_Match='"other"')
    assert (refused.status_code, refused.mimetype) == (412, "application/problem+json")
    assert fetch(library, mp4_url, Range="bytes=0-1", If_Range=etag).status_code == 206
    assert fetch(library, mp4_url, Range="bytes=0-1", If_Range='"other"').status_code == 200
    assert fetch(library, mp4_url, Range="bytes=0-1", If_Range=f"W/{etag}").status_code == 200


def test_head_sends_no_body(library: Library, mp4_url: str) -> None:
    response = library.client.head(mp4_url)
    assert (response.status_code, response.data) == (200, b"")
    assert response.content_length == SIZE
    assert response.headers["ETag"]


@pytest.mark.reliability("A26")
def test_nothing_is_served_as_a_page(library: Library, mp4_url: str) -> None:
    response = fetch(library, mp4_url.replace("clip.mp4", "polyglot.html"))
    assert response.status_code == 200
    assert response.mimetype == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_names_with_spaces_resolve(library: Library, mp4_url: str) -> None:
    url = mp4_url.replace("transcode-2/clip.mp4", "segment-3/shot%200.jpg")
    assert fetch(library, url).data == b"jpeg"


@pytest.mark.reliability("B7", "B17")
def test_files_of_an_unfinished_attempt_are_not_found(library: Library) -> None:
    claim = library.driver.claim(library.store(library.driver.upload(), "ingest"), "transcode")
    name = f"{object_prefix(claim.video.id, claim.key)}clip.mp4"
    library.put(name, MP4_BYTES, "video/mp4")
    assert fetch(library, f"/media/{name}").status_code == 404


def test_files_of_a_deleted_video_are_not_found(library: Library, mp4_url: str) -> None:
    library.driver.delete(library.driver.video(mp4_url.split("/")[3]))
    assert fetch(library, mp4_url).status_code == 404


def test_files_that_a_replay_left_behind_are_not_found(library: Library, mp4_url: str) -> None:
    library.driver.replay(library.driver.video(mp4_url.split("/")[3]), "transcode")
    assert fetch(library, mp4_url).status_code == 404


@pytest.mark.reliability("A11")
@pytest.mark.parametrize(
    "path",
    [
        "/media/{folder}/../../../../../videos.db",
        "/media/{folder}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/videos.db",
        "/media/{folder}/..%2f..%2f..%2f..%2fvideos.db",
        "/media/{folder}/./clip.mp4",
        "/media/{folder}",
        "/media/{folder}/",
        "/media/{folder}/nothing.mp4",
        "/media//etc/passwd",
        "/media/%00",
        "/media/videos",
        "/media/../uploads/ann/clip.mp4",
        "/media/uploads/ann/clip.mp4",
    ],
)
def test_nothing_else_is_reachable(library: Library, mp4_url: str, path: str) -> None:
    folder = mp4_url.removeprefix("/media/").removesuffix("/clip.mp4")
    response = fetch(library, path.format(folder=folder))
    assert response.status_code in {404, 308}, response.data


def refuse(_ref: ObjectRef) -> bytes:
    raise TransientError("store_busy", "The store is busy.")


class UnreadableBlobStore(InMemoryBlobStore):
    """Knows its objects but can't read them just now, which shows when the first chunk is asked for."""

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return map(refuse, [ref])


def test_a_store_that_can_not_be_read_is_told_by_the_status(tmp_path: Path) -> None:
    driver, blobs = VideoDriver(InMemoryVideoRepository()), UnreadableBlobStore()
    client = Client(create_app(driver.repository, blobs, "media"))
    library = Library(client=client, driver=driver, blobs=blobs, folder=tmp_path)
    url = f"/media/videos/{library.add_finished().id}/r1/transcode-2/clip.mp4"
    assert fetch(library, url).status_code == 503
    assert client.head(url).status_code == 200


def test_what_models_have_said_is_no_media_file(library: Library) -> None:
    video = library.add_finished()
    name = f"{object_prefix(video.id, memo_key(video.source.generation))}0f"
    library.put(name, b"{}", "application/octet-stream")
    assert fetch(library, f"/media/{name}").status_code == 404
