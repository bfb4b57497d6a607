"""Imports by URL: asked for through the API, fetched by their function, ended with a reason when that fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from functions.fetch.stage import Fetcher
from shared.adapters.web import GuardedWebClient
from shared.domain.errors import Outage, PermanentError, TransientError
from shared.domain.events import WorkRequested
from shared.domain.reservations import Import
from shared.domain.wire import pubsub_delivery, to_pubsub
from shared.ports.web_client import WebClient
from shared.settings import QuotaSettings, Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.loopback import LoopbackServer
from shared.testing.videos import upload
from shared.testing.web_client import InMemoryWeb
from tests.api_ports import FakeApiPorts

URL = "https://files.example.com/a/my%20clip.mp4?token=secret"
CONTENT = bytes(range(256))
ANN = {"Authorization": "Bearer editor:ann"}


class Site:
    """The API, the function that fetches, and the web."""

    def __init__(self, folder: Path, web: WebClient | None = None, **quota: Any) -> None:
        self.clock = ManualClock()
        self.files = InMemoryWeb()
        self.blobs = InMemoryBlobStore()
        settings = Settings(data_dir=folder, quota=QuotaSettings(**quota))
        self.ports = FakeApiPorts(settings=settings, clock=self.clock, web=web or self.files, blobs=self.blobs)
        self.driver = VideoDriver(self.ports.repository, self.clock)
        self.client = Client(create_app(self.ports))

    def ask(self, url: str = URL, **more: Any) -> Any:
        return self.client.post("/v1/imports", json={"url": url, **more}, headers=ANN)

    def asked(self, url: str = URL, **more: Any) -> dict[str, Any]:
        response = self.ask(url, **more)
        assert response.status_code == 202, response.text
        started: dict[str, Any] = response.json
        return started

    def deliver(self, started: dict[str, Any]) -> None:
        message = WorkRequested(type="import-requested", document_id=started["id"], owner="ann")
        Fetcher(self.ports).handle(pubsub_delivery("t", "1", to_pubsub(message), "2026-01-01T00:00:00Z"))

    def video(self, started: dict[str, Any]) -> dict[str, Any]:
        return self.get(f"/v1/videos/{started['video_id']}")

    def state(self, started: dict[str, Any]) -> str:
        state: str = self.get(f"/v1/imports/{started['id']}")["state"]
        return state

    def get(self, url: str) -> dict[str, Any]:
        shown: Any = self.client.get(url, headers=ANN).json
        assert isinstance(shown, dict)
        return shown


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_file_is_fetched_and_becomes_the_video_that_was_reserved(site: Site) -> None:
    site.files.files[URL] = CONTENT
    started = site.asked(title="Holiday", metadata={"album": "2026"})
    video = site.video(started)
    assert (video["status"], video["title"], video["source"]["name"]) == ("uploading", "Holiday", "my clip.mp4")
    bus = site.ports.bus
    assert isinstance(bus, InMemoryEventBus)
    assert [published.topic for published in bus.published] == ["import-requested"]

    site.deliver(started)
    (stored,) = site.blobs.list_objects("uploads")
    assert stored.ref.name == f"ann/{started['id']}/my clip.mp4"
    assert stored.ref.size_bytes == len(CONTENT)
    registered = site.driver.register(
        upload(stored.ref.name, generation=stored.ref.generation, size_bytes=len(CONTENT))
    )
    assert (registered.id, registered.details.title) == (started["video_id"], "Holiday")
    assert site.state(started) == "finished"
    kept = site.ports.documents.get(Import, started["id"], owner="ann")
    assert kept is not None
    assert (kept.url, kept.due_at) == ("", None)
    assert list((site.ports.settings.data_dir / "work").iterdir()) == []


@pytest.mark.reliability("B1", "B9")
@pytest.mark.reliability("A25")
def test_what_is_said_about_it_is_plain_text(site: Site) -> None:
    video = site.video(site.asked(title="<img src=x onerror=y>Sea\n2", description="<script>x</script>a\nb"))
    assert (video["title"], video["description"]) == ("Sea 2", "a\nb")


def test_a_second_delivery_does_nothing(site: Site) -> None:
    site.files.files[URL] = CONTENT
    started = site.asked()
    for _ in range(3):
        site.deliver(started)

    assert [stored.ref.generation for stored in site.blobs.list_objects("uploads")] == [1]


@pytest.mark.reliability("B9")
def test_a_worker_that_died_after_storing_leaves_nothing_to_do_twice(site: Site, tmp_path: Path) -> None:
    site.files.files[URL] = CONTENT
    started = site.asked()
    (tmp_path / "copy").write_bytes(CONTENT)
    site.blobs.put("uploads", f"ann/{started['id']}/my clip.mp4", tmp_path / "copy", "video/mp4")
    site.deliver(started)

    assert [stored.ref.generation for stored in site.blobs.list_objects("uploads")] == [1]
    assert site.video(started)["status"] == "uploading"


@pytest.mark.reliability("A36")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/clip.mp4",
        "http://localhost:8080/clip.mp4",
        "http://169.254.169.254/computeMetadata/v1/",
        "http://[::1]/clip.mp4",
        "http://10.0.0.1/clip.mp4",
        "file:///etc/passwd",
        "gs://bucket/clip.mp4",
        "https://ann:secret@example.com/clip.mp4",
    ],
)
def test_no_address_inward_is_taken(tmp_path: Path, url: str) -> None:
    site = Site(tmp_path, GuardedWebClient())
    response = site.ask(url)

    assert (response.status_code, response.json["code"]) == (422, "url_refused")
    assert site.get("/v1/videos")["videos"] == []


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (PermanentError("url_refused", "It leads to a private address."), "import_refused"),
        (PermanentError("too_many_redirects", "Name the final one."), "import_refused"),
        (PermanentError("too_large", "Export it smaller."), "too_large"),
    ],
)
def test_what_will_never_work_ends_the_video(site: Site, raised: PermanentError, code: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise raised

    site.files.download = refuse  # type: ignore[assignment,method-assign]  # as a server might have it
    started = site.asked()
    site.deliver(started)

    failure = site.video(started)["failure"]
    assert (failure["code"], failure["reason"], failure["stage"]) == (code, raised.detail, "fetch")
    assert site.state(started) == "failed"
    assert site.client.post(f"/v1/videos/{started['video_id']}/replay", headers=ANN).status_code in {409, 422}


def test_a_file_that_is_not_there_ends_the_video(site: Site) -> None:
    started = site.asked()
    site.deliver(started)

    failure = site.video(started)["failure"]
    assert failure["code"] == "import_refused"
    assert "404" in failure["reason"]


@pytest.mark.parametrize("quota", [{"bytes": 100}])
def test_a_file_that_is_over_the_quota_ends_the_video(tmp_path: Path, quota: dict[str, Any]) -> None:
    site = Site(tmp_path, **quota)
    site.files.files[URL] = CONTENT
    started = site.asked()
    site.deliver(started)

    assert site.video(started)["failure"]["code"] == "too_large"
    assert list(site.blobs.list_objects("uploads")) == []


@pytest.mark.reliability("A27")
def test_imports_count_as_uploads_do(tmp_path: Path) -> None:
    site = Site(tmp_path, unfinished=1)
    site.asked()

    assert site.ask().status_code == 429


def fail_with(site: Site, error: TransientError) -> list[int]:
    calls: list[int] = []

    def fail(*_: object, **__: object) -> None:
        calls.append(1)
        raise error

    site.files.download = fail  # type: ignore[assignment,method-assign]  # as a server might have it
    return calls


def test_what_may_work_later_is_tried_a_few_times(site: Site) -> None:
    calls = fail_with(site, TransientError("no_answer", "Nobody answered."))
    started = site.asked()
    for _ in range(20):
        site.deliver(started)
        site.deliver(started)  # too early
        site.clock.advance(3600)

    assert len(calls) == 5
    failure = site.video(started)["failure"]
    assert failure["code"] == "import_failed"
    assert "Nobody answered." in failure["reason"]


@pytest.mark.reliability("B23")
def test_what_kills_whoever_fetches_it_is_tried_a_few_times(site: Site) -> None:
    calls: list[int] = []

    def die(*_: object, **__: object) -> None:
        calls.append(1)
        raise MemoryError

    site.files.download = die  # type: ignore[assignment,method-assign]  # as a file might have it
    started = site.asked()
    for _ in range(20):
        with suppress(MemoryError):
            site.deliver(started)
        site.clock.advance(3600)

    assert len(calls) == 5
    assert site.video(started)["failure"]["code"] == "import_failed"


@pytest.mark.reliability("B25")
def test_an_outage_of_our_own_does_not_count(site: Site) -> None:
    calls = fail_with(site, Outage("store_unavailable", "The bucket can't be reached."))
    started = site.asked()
    for _ in range(20):
        site.deliver(started)
        site.clock.advance(3600)

    assert len(calls) == 20
    assert site.state(started) == "waiting"


@pytest.mark.reliability("B27")
def test_an_import_of_a_deleted_video_is_forgotten(site: Site) -> None:
    site.files.files[URL] = CONTENT
    started = site.asked()
    site.client.delete(f"/v1/videos/{started['video_id']}", headers=ANN)
    site.deliver(started)

    assert list(site.blobs.list_objects("uploads")) == []
    assert site.client.get(f"/v1/imports/{started['id']}", headers=ANN).status_code == 404


@pytest.mark.reliability("A31")
def test_imports_are_their_owners(site: Site) -> None:
    started = site.asked()
    bob = {"Authorization": "Bearer editor:bob"}

    assert site.client.get(f"/v1/imports/{started['id']}", headers=bob).status_code == 404


def test_a_video_is_not_uploaded_while_it_is_imported(site: Site) -> None:
    asked = {"name": "clip.mp4", "size_bytes": 5, "video_id": site.asked()["video_id"]}

    assert site.client.post("/v1/uploads", json=asked, headers=ANN).status_code == 409


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com", "video"),
        ("https://example.com/", "video"),
        ("https://example.com/a/.hidden", "video"),
        ("https://example.com/a/b.mp4#t=1", "b.mp4"),
        ("https://example.com/..%2f..%2fpasswd", "passwd"),
        ("https://example.com/%ff%00.mp4", "\ufffd\\x00.mp4"),
        ("https://example.com/" + "a" * 300 + ".mp4", "a" * 196 + ".mp4"),
    ],
)
def test_a_name_is_found_in_the_url(site: Site, url: str, name: str) -> None:
    assert site.video(site.asked(url))["source"]["name"] == name


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/clip.mp4")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def file_server() -> Iterator[LoopbackServer]:
    server = LoopbackServer(_Files)
    server.start()
    yield server
    server.stop()


def test_a_file_comes_over_the_real_client(tmp_path: Path, file_server: LoopbackServer) -> None:
    site = Site(tmp_path, GuardedWebClient(loopback=True))
    started = site.asked(f"{file_server.url}/moved")
    site.deliver(started)

    (stored,) = site.blobs.list_objects("uploads")
    assert b"".join(site.blobs.read(stored.ref)) == CONTENT


@pytest.mark.reliability("B3")
def test_two_deliveries_at_once_fetch_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.files.files[URL] = CONTENT
    started = site.asked()
    workers = [threading.Thread(target=site.deliver, args=(started,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    kept = site.ports.documents.get(Import, started["id"], owner="ann")
    assert kept is not None
    assert kept.tries == 1
