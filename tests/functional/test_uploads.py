"""Uploads through the API: reserved, sent, replaced, given up; and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import google_crc32c
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from functions.api.app import create_app
from shared.adapters.folder_links import UPLOADS
from shared.adapters.upload_server import UploadServer
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.domain.reservations import SESSION_LIFE, Upload
from shared.settings import QuotaSettings, Settings
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.object_links import NamingLinks
from shared.testing.videos import upload as finalized
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library

CONTENT = bytes(range(256)) * 40
CRC32C = base64.b64encode(google_crc32c.Checksum(CONTENT).digest()).decode()


class Api:
    """The API over the fakes, asked by an editor."""

    def __init__(self, **quota: Any) -> None:
        self.clock = ManualClock()
        self.links = NamingLinks()
        settings = Settings(quota=QuotaSettings(**quota), cors_origins=("https://app.example.com",))
        self.ports = FakeApiPorts(settings=settings, clock=self.clock, links=self.links)
        self.driver = VideoDriver(self.ports.repository, self.clock)
        self.client = Client(create_app(self.ports))

    def ask(self, method: str, url: str, *, owner: str = "ann", role: str = "editor", **sent: Any) -> Any:
        headers = {"Authorization": f"Bearer {role}:{owner}", **sent.pop("headers", {})}
        return self.client.open(url, method=method, headers=headers, **sent)

    def start(self, *, owner: str = "ann", headers: dict[str, str] | None = None, **body: Any) -> Any:
        body = {"name": "clip.mp4", "size_bytes": 1000} | body
        return self.ask("POST", "/v1/uploads", owner=owner, json=body, headers=headers or {})

    def started(self, **body: Any) -> dict[str, Any]:
        response = self.start(**body)
        assert response.status_code == 201, response.text
        upload: dict[str, Any] = response.json
        return upload


@pytest.fixture
def api() -> Api:
    return Api()


class TestReserving:
    def test_the_video_is_there_before_the_first_byte(self, library: Library) -> None:
        asked = {
            "name": "clip.mp4",
            "size_bytes": len(CONTENT),
            "content_type": "video/mp4",
            "title": "Holiday",
            "description": "At the sea",
            "metadata": {"album": "2026"},
        }
        response: Any = library.ask("/v1/uploads", method="POST", role="editor", json=asked)
        upload = response.json

        assert response.status_code == 201
        assert response.headers["Location"] == f"/v1/uploads/{upload['id']}"
        assert (upload["state"], upload["name"], upload["size_bytes"]) == ("waiting", "clip.mp4", len(CONTENT))
        video = library.get(f"/v1/videos/{upload['video_id']}")
        assert (video["status"], video["owner"], video["source"]["generation"]) == ("uploading", "ann", 0)
        assert (video["title"], video["description"], video["metadata"]) == (
            "Holiday",
            "At the sea",
            {"album": "2026"},
        )
        assert [one["id"] for one in library.get("/v1/videos?status=uploading")["videos"]] == [video["id"]]
        assert library.get(f"/v1/uploads/{upload['id']}", role="editor") == upload
        assert library.get("/v1/uploads", role="editor")["uploads"] == [upload]

    def test_its_id_is_that_of_the_object_to_come(self, api: Api) -> None:
        upload = api.started()
        name = f"ann/{upload['id']}/clip.mp4"

        assert upload["video_id"] == video_id_of("uploads", name)
        assert api.started()["video_id"] != upload["video_id"]
        assert api.links.sessions[0].startswith(f"https://storage.test/upload/uploads/{name}?size=1000&")
        video = api.driver.register(finalized(name, generation=7))
        assert (video.id, video.status, video.run) == (upload["video_id"], "registered", 1)
        assert api.ask("GET", f"/v1/uploads/{upload['id']}").json["state"] == "finished"

    @pytest.mark.reliability("A10", "A11")
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("../../etc/clip.mp4", "clip.mp4"),
            ("//clip.mp4", "clip.mp4"),
            ("%2e%2e%2fclip.mp4", "%2e%2e%2fclip.mp4"),
            ("-y", "-y"),
            ("a\nb\0\u202emp4.mp4", "a\\x0ab\\x00\\u202emp4.mp4"),
            ("\U0001f3ac.mp4", "\U0001f3ac.mp4"),
            ("<img onerror=x>.mp4", "<img onerror=x>.mp4"),
        ],
    )
    def test_any_name_is_one_file_in_the_owners_folder(self, library: Library, name: str, shown: str) -> None:
        asked = {"name": name, "size_bytes": 5}
        response: Any = library.ask("/v1/uploads", method="POST", role="editor", json=asked)
        upload = response.json

        assert upload["name"] == shown
        assert library.get(f"/v1/videos/{upload['video_id']}")["source"]["name"] == shown

    @pytest.mark.reliability("A10", "A32", "A40")
    @pytest.mark.parametrize(
        ("body", "status", "field"),
        [
            ({"name": ""}, 422, "name"),
            ({"name": "///"}, 422, "name"),
            ({"name": ".."}, 422, "name"),
            ({"name": ".hidden.mp4"}, 422, "name"),
            ({"name": "clip.mp4.part"}, 422, "name"),
            ({"name": "\U0001f3ac" * 300}, 422, "name"),
            ({"name": "a" * 1025}, 422, "name"),
            ({"name": 7}, 422, "name"),
            ({"size_bytes": 0}, 422, "size_bytes"),
            ({"size_bytes": 10**15}, 413, "size_bytes"),
            ({"size_bytes": 10**30}, 413, "size_bytes"),
            ({"content_type": "text/html\r\nX: y"}, 422, "content_type"),
            ({"crc32c": "AAAA"}, 422, "crc32c"),
            ({"title": "\0"}, 422, "title"),
            ({"title": "a" * 301}, 422, "title"),
            ({"description": "a" * 2**20}, 413, ""),
            ({"metadata": {"__proto__": "x"}}, 422, "metadata"),
            ({"metadata": {"a.b": "x"}}, 422, "metadata"),
            ({"metadata": {"'; DROP TABLE videos": "x"}}, 422, "metadata"),
            ({"metadata": {"a": "\0"}}, 422, "metadata[...]"),
            ({"metadata": {"a": "x" * 501}}, 422, "metadata[...]"),
            ({"metadata": {f"key{number}": "x" for number in range(51)}}, 422, "metadata"),
            ({"owner": "bob"}, 422, ""),
            ({"object": "bob/clip.mp4"}, 422, ""),
            ({"status": "ready"}, 422, ""),
        ],
    )
    def test_what_can_not_be_is_refused(self, api: Api, body: dict[str, Any], status: int, field: str) -> None:
        response = api.ask("POST", "/v1/uploads", json={"name": "clip.mp4", "size_bytes": 1000} | body)

        assert response.status_code == status, response.text
        assert [error["field"] for error in response.json["errors"]] == ([field] if field or status == 422 else [])
        assert api.links.sessions == []
        assert api.ask("GET", "/v1/videos").json["videos"] == []

    def test_a_lone_surrogate_is_no_json(self, api: Api) -> None:
        body = b'{"name": "clip.mp4", "size_bytes": 5, "title": "\\ud800"}'
        response = api.ask("POST", "/v1/uploads", data=body, content_type="application/json")

        assert response.status_code == 400

    @pytest.mark.reliability("A34")
    @pytest.mark.parametrize(
        ("origin", "allowed"),
        [
            ("https://app.example.com", True),
            ("http://localhost", True),  # the console's
            ("https://evil-app.example.com", False),
            ("null", False),
            ("http://[", False),
        ],
    )
    def test_a_page_may_send_the_bytes_if_it_may_use_the_api(self, api: Api, origin: str, allowed: bool) -> None:
        assert api.start(headers={"Origin": origin}).status_code == 201
        (session,) = api.links.sessions

        assert session.endswith(f"from={origin.replace(':', '%3A').replace('/', '%2F')}&replaces=0") == allowed
        assert ("from=&" in session) != allowed

    @pytest.mark.reliability("A31")
    def test_uploads_are_their_owners(self, api: Api) -> None:
        upload = api.started()

        for method in ("GET", "DELETE"):
            assert api.ask(method, f"/v1/uploads/{upload['id']}", owner="bob").status_code == 404
        assert api.ask("GET", "/v1/uploads", owner="bob").json["uploads"] == []
        assert api.start(owner="bob", video_id=upload["video_id"]).status_code == 404
        assert api.ask("POST", "/v1/uploads", role="viewer", json={}).status_code == 403
        assert len(api.links.sessions) == 1


class TestReplacing:
    def test_a_video_gets_another_file_under_the_same_id(self, api: Api) -> None:
        video = api.driver.finish(api.driver.upload("ann/a/clip.mp4", generation=7))
        upload = api.started(video_id=video.id, name="better.mp4", crc32c=CRC32C)

        assert (upload["video_id"], upload["state"], upload["name"]) == (video.id, "waiting", "clip.mp4")
        (session,) = api.links.sessions
        assert "/uploads/ann/a/clip.mp4?" in session
        assert "replaces=7" in session
        assert "crc32c=" in session
        renewed = api.driver.register(finalized("ann/a/clip.mp4", generation=8))
        assert (renewed.id, renewed.run) == (video.id, 2)
        assert api.ask("GET", f"/v1/uploads/{upload['id']}").json["state"] == "finished"

    def test_what_is_said_about_a_video_is_not_said_by_the_way(self, api: Api) -> None:
        video = api.driver.upload("ann/a/clip.mp4")

        assert api.start(video_id=video.id, title="Other").status_code == 422

    def test_an_upload_that_got_lost_is_begun_anew(self, api: Api) -> None:
        first = api.started()
        second = api.started(video_id=first["video_id"], size_bytes=2000)

        assert (second["id"], second["video_id"]) == (first["id"], first["video_id"])
        assert api.links.sessions == [second["url"]]
        assert api.ask("GET", "/v1/uploads").json["uploads"] == [second]

    @pytest.mark.reliability("A27")
    def test_a_replacement_that_is_begun_again_ends_the_one_before(self, api: Api) -> None:
        video = api.driver.finish(api.driver.upload("ann/a/clip.mp4"))
        api.started(video_id=video.id)
        second = api.started(video_id=video.id, size_bytes=2000)

        assert api.links.sessions == [second["url"]]
        assert api.ask("GET", "/v1/uploads").json["uploads"] == [second]


class TestGivingUp:
    def test_a_cancelled_upload_takes_its_reservation_along(self, api: Api) -> None:
        upload = api.started()

        assert api.ask("DELETE", f"/v1/uploads/{upload['id']}").status_code == 204
        assert api.links.sessions == []
        assert api.ask("GET", f"/v1/videos/{upload['video_id']}").status_code == 404
        assert api.ask("GET", f"/v1/uploads/{upload['id']}").status_code == 404
        assert api.ask("DELETE", f"/v1/uploads/{upload['id']}").status_code == 404

    def test_a_cancelled_replacement_leaves_the_video(self, api: Api) -> None:
        video = api.driver.finish(api.driver.upload("ann/a/clip.mp4"))
        upload = api.started(video_id=video.id)

        assert api.ask("DELETE", f"/v1/uploads/{upload['id']}").status_code == 204
        assert api.driver.video(video.id) == video

    def test_what_has_arrived_is_not_given_up(self, api: Api) -> None:
        upload = api.started()
        api.driver.register(finalized(f"ann/{upload['id']}/clip.mp4", generation=7))

        assert api.ask("DELETE", f"/v1/uploads/{upload['id']}").status_code == 409

    def test_an_upload_expires(self, api: Api) -> None:
        upload = api.started()
        api.clock.advance(SESSION_LIFE.total_seconds())

        assert api.ask("GET", f"/v1/uploads/{upload['id']}").json["state"] == "expired"


def test_pages_of_uploads_are_youngest_first(api: Api) -> None:
    ids = []
    for _ in range(3):
        api.clock.advance(1)
        ids.append(api.started()["id"])
    first = api.ask("GET", "/v1/uploads?limit=2").json
    second = api.ask("GET", f"/v1/uploads?limit=2&cursor={first['next_cursor']}").json

    assert [one["id"] for page in (first, second) for one in page["uploads"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert api.ask("GET", f"/v1/uploads?cursor={first['next_cursor']}", owner="bob").status_code == 400


@pytest.mark.reliability("A27")
class TestQuotas:
    def test_unfinished_videos(self) -> None:
        api = Api(unfinished=2)
        api.started()
        upload = api.started()
        refused = api.start()

        assert (refused.status_code, refused.json["code"]) == (429, "too_many_unfinished")
        assert int(refused.headers["Retry-After"]) > 0
        assert api.start(owner="bob").status_code == 201
        api.ask("DELETE", f"/v1/uploads/{upload['id']}")
        assert api.start().status_code == 201

    @pytest.mark.parametrize(
        ("quota", "refused"),
        [
            ({"videos": 1}, {}),
            ({"bytes": 1500}, {}),
            ({"bytes": 1500}, {"size_bytes": 501}),
            ({"minutes": 0.1}, {}),
        ],
    )
    def test_videos_bytes_and_minutes(self, quota: dict[str, Any], refused: dict[str, Any]) -> None:
        api = Api(**quota)
        api.driver.finish(api.driver.upload("ann/first.mp4", size_bytes=1000))
        response = api.start(**refused)

        assert (response.status_code, response.json["code"]) == (413, "quota_exceeded")
        assert api.start(owner="bob").status_code == 201
        assert len(api.links.sessions) == 1

    def test_what_replaces_a_file_counts_in_its_place(self) -> None:
        api = Api(videos=1, bytes=1500)
        video = api.driver.finish(api.driver.upload("ann/first.mp4", size_bytes=1000))

        assert api.start(video_id=video.id, size_bytes=1500).status_code == 201
        assert api.start(video_id=video.id, size_bytes=1501).status_code == 413

    def test_requests(self) -> None:
        api = Api(requests_per_minute=3)
        answers = [api.ask("GET", "/v1/uploads") for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"3"}
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
        assert 40 <= int(answers[-1].headers["RateLimit-Reset"]) <= 60
        assert api.ask("GET", "/v1/uploads", owner="bob").status_code == 200
        assert "RateLimit-Limit" not in api.client.get("/health").headers


@pytest.mark.reliability("A27")
def test_an_upload_that_is_begun_anew_counts_as_large_as_it_is_then() -> None:
    api = Api(bytes=1000)
    first, second = api.started(size_bytes=1), api.started(size_bytes=1)

    api.started(video_id=first["video_id"], size_bytes=900)
    assert api.start(video_id=second["video_id"], size_bytes=900).status_code == 413
    assert api.ask("GET", f"/v1/videos/{first['video_id']}").json["source"]["size_bytes"] == 900


def test_bytes_that_were_sent_become_the_video(tmp_path: Any) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data"))
    ports = FakeApiPorts(
        settings=wiring.settings,
        repository=wiring.repository,
        blobs=wiring.blobs,
        links=wiring.links,
        bus=wiring.bus,
    )
    app = DispatcherMiddleware(create_app(ports), {UPLOADS: UploadServer(wiring.upload_sessions)})
    client = Client(app)
    known = {"Authorization": "Bearer editor:ann"}
    asked = {"name": "clip.mp4", "size_bytes": len(CONTENT), "crc32c": CRC32C}
    upload: Any = client.post("/v1/uploads", json=asked, headers=known).json
    sent: Any = client.put(upload["url"], data=CONTENT)

    assert (sent.status_code, sent.json["crc32c"]) == (200, CRC32C)
    (message,) = wiring.local_bus.lease(10, 30.0)
    assert message.stage == "ingest"
    stored = wiring.blobs.stat("uploads", f"ann/{upload['id']}/clip.mp4")
    assert (stored.size_bytes, str(stored.generation)) == (len(CONTENT), sent.json["generation"])
    assert ports.documents.get(Upload, upload["id"], owner="ann") is not None
    wiring.local_bus.close()
