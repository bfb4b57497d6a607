"""Events as clients hear them: what comes, in which order, where it goes on, and when a stream ends."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from functions.api import event_stream
from functions.api.app import create_app
from shared.domain.cursor import encode_cursor
from shared.domain.errors import Outage
from shared.domain.video import Video
from shared.ports.video_repository import Saved
from shared.settings import Settings
from shared.testing.clock import ManualClock
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from tests.api_ports import FakeApiPorts

EVERYTHING = "/v1/events"


@pytest.fixture
def streams_end_soon() -> None:
    """Here, they last as long as they do."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An event as a client gets it."""

    name: str
    id: str
    data: Any


class Stream:
    """One answer, read bit by bit: nothing happens meanwhile."""

    def __init__(self, response: TestResponse) -> None:
        assert response.status_code == 200, response.text
        self.response = response
        self._chunks = iter(response.response)

    def chunk(self) -> bytes:
        """Returns the next bit, whatever it is."""
        chunk = next(self._chunks)
        assert isinstance(chunk, bytes)
        return chunk

    def next(self) -> Heard:
        """Returns the next event."""
        while True:
            fields = dict(line.split(": ", 1) for line in self.chunk().decode().splitlines() if ": " in line)
            if "data" in fields:
                return Heard(name=fields["event"], id=fields.get("id", ""), data=json.loads(fields["data"]))

    def rest(self) -> list[Heard]:
        """Returns the events until the stream ends."""
        heard = []
        while True:
            try:
                heard.append(self.next())
            except StopIteration:
                return heard

    def close(self) -> None:
        """Stops listening."""
        self.response.close()


class Api:
    """The API over the fakes, whose time passes only while it waits."""

    def __init__(self, repository: InMemoryVideoRepository | None = None, **settings: Any) -> None:
        self.clock = ManualClock()
        self.ports = FakeApiPorts(
            repository=repository or InMemoryVideoRepository(),
            clock=self.clock,
            settings=Settings(**settings),
        )
        self.driver = VideoDriver(self.ports.repository, self.clock)
        self.client = Client(create_app(self.ports))

    def ask(self, url: str, *, owner: str = "ann", method: str = "GET", **headers: str) -> TestResponse:
        """Asks for a stream."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(url, method=method, headers={"Authorization": f"Bearer admin:{owner}", **sent})

    def listen(self, url: str = EVERYTHING, **asked: str) -> Stream:
        """Opens a stream."""
        return Stream(self.ask(url, **asked))


@pytest.fixture
def api() -> Api:
    return Api()


def of(video: Video) -> str:
    return f"/v1/videos/{video.id}/events"


class TestOneVideo:
    def test_each_step_is_told_and_what_can_be_done_already(self, api: Api) -> None:
        video = api.driver.upload()
        stream = api.listen(of(video))
        first = stream.next()
        assert (first.name, first.data["id"], first.data["status"]) == ("video", video.id, "registered")
        assert first.data.keys() == {
            "id", "kind", "status", "run", "progress", "capabilities", "failure", "title", "updated_at", "deleted",
        }  # fmt: skip

        video = api.driver.commit(api.driver.claim(video, "ingest"))
        assert stream.next().data["status"] == "ingested"
        claim = api.driver.claim(video, "transcode")
        assert stream.next().data["progress"] == {"stage": "transcode", "fraction": 0.0}
        beat = api.driver.lifecycle.heartbeat(claim, api.clock.now(), LEASE_S, 0.4)
        api.driver.repository.update(video.id, beat)
        assert stream.next().data["progress"] == {"stage": "transcode", "fraction": 0.4}

        video = api.driver.commit(claim)
        told = stream.next().data
        assert (told["status"], told["progress"]) == ("transcoded", None)
        assert told["capabilities"] == {"playable": True, "searchable": False, "tagged": False}
        api.driver.finish(video)
        told = stream.next().data
        assert (told["status"], told["capabilities"]["tagged"], told["deleted"]) == ("ready", True, False)
        assert told["kind"] == "video"

    def test_a_failure_is_told_with_its_reason(self, api: Api) -> None:
        video = api.driver.upload()
        stream = api.listen(of(video))
        stream.next()
        api.driver.fail(api.driver.claim(video, "ingest"))

        told = stream.next().data
        assert (told["status"], told["failure"]["code"]) == ("failed", "unsupported_container")

    def test_a_deletion_ends_it(self, api: Api) -> None:
        video = api.driver.commit(api.driver.claim(api.driver.upload(), "ingest"))
        stream = api.listen(of(video))
        stream.next()
        assert api.ask(f"/v1/videos/{video.id}", method="DELETE").status_code == 200

        (last,) = stream.rest()
        assert (last.data["id"], last.data["status"], last.data["deleted"]) == (video.id, "deleted", True)
        assert last.data["kind"] is None
        assert api.ask(of(video)).status_code == 404

    @pytest.mark.parametrize("by_header", [True, False])
    def test_who_knows_how_it_is_hears_only_what_is_new(self, api: Api, *, by_header: bool) -> None:
        video = api.driver.upload()
        known = api.listen(of(video)).next().id

        def listen_again() -> Stream:
            if by_header:
                return api.listen(of(video), Last_Event_ID=known)
            return api.listen(f"{of(video)}?last_event_id={known}")

        assert [heard.name for heard in listen_again().rest()] == ["reconnect"]
        api.driver.claim(video, "ingest")
        assert listen_again().next().data["progress"]["stage"] == "ingest"

    @pytest.mark.reliability("A31")
    def test_others_videos_do_not_exist(self, api: Api) -> None:
        video = api.driver.upload("ann/clip.mp4")

        assert api.ask(of(video), owner="bob").status_code == 404
        assert api.ask(of(video), owner="bob", Last_Event_ID="x").status_code == 404


class TestAllVideos:
    def test_it_begins_with_those_that_changed_last(self, api: Api) -> None:
        videos = [api.driver.upload(f"ann/{number}.mp4").id for number in range(22)]
        api.driver.upload("bob/1.mp4")
        stream = api.listen()

        assert [stream.next().data["id"] for _ in range(20)] == videos[2:]

    def test_changes_come_in_their_order_and_as_they_are_now(self, api: Api) -> None:
        first = api.driver.upload("ann/1.mp4")
        stream = api.listen()
        assert stream.next().data["id"] == first.id

        second = api.driver.upload("ann/2.mp4")
        api.driver.commit(api.driver.claim(first, "ingest"))
        heard = [stream.next(), stream.next()]
        assert [(each.data["id"], each.data["status"]) for each in heard] == [
            (second.id, "registered"),
            (first.id, "ingested"),
        ]

    @pytest.mark.reliability("A31")
    def test_only_the_callers_are_told_of(self, api: Api) -> None:
        stream = api.listen(owner="bob")
        stream.chunk()
        ann, bob = api.driver.upload("ann/1.mp4"), api.driver.upload("bob/1.mp4")
        api.driver.delete(ann)

        assert [heard.data.get("id") for heard in stream.rest()] == [bob.id, None]

    def test_an_erased_video_is_named_to_those_who_were_told_of_it(self, api: Api) -> None:
        video = api.driver.upload()
        stream = api.listen()
        stream.next()
        assert api.ask(f"/v1/videos/{video.id}", method="DELETE").status_code == 200
        assert api.driver.repository.changed(owner="ann") == [], "nobody else knows its id"

        heard = stream.next()
        assert (heard.name, heard.data["id"], heard.data["deleted"]) == ("video", video.id, True)
        assert [each.name for each in stream.rest()] == ["reconnect"]

    def test_who_was_not_told_of_an_erased_video_is_told_to_list_them_anew(self, api: Api) -> None:
        video, other = api.driver.upload("ann/1.mp4"), api.driver.upload("ann/2.mp4")
        known = api.listen().rest()[1].id
        api.ask(f"/v1/videos/{video.id}", method="DELETE")

        heard = api.listen(Last_Event_ID=known).rest()
        assert [(each.name, each.data.get("id")) for each in heard] == [
            ("video", other.id), ("reload", None), ("reconnect", None),
        ]  # fmt: skip
        assert [each.name for each in api.listen(Last_Event_ID=heard[1].id).rest()][-1] == "reconnect"
        assert [each.data.get("id") for each in api.listen().rest()] == [other.id, None], "a new one lists anyway"

    def test_it_goes_on_where_it_was(self, api: Api) -> None:
        for number in range(3):
            api.driver.upload(f"ann/{number}.mp4")
        stream = api.listen()
        known = [stream.next() for _ in range(3)][-1].id
        stream.close()
        later = [api.driver.upload(f"ann/later-{number}.mp4").id for number in range(250)]

        for asked in ({"Last_Event_ID": known}, {"url": f"{EVERYTHING}?last_event_id={known}"}):
            heard = [each.data.get("id") for each in api.listen(**asked).rest()]
            assert heard[-251:] == [*later, None]

    @pytest.mark.reliability("A33")
    @pytest.mark.parametrize(
        "position",
        [
            "2026-01-01T00:00:00 -",
            "- 2026-01-01",
            "0001-01-01T00:00:00+00:00 -",
            "0001-01-01T00:00:00+23:59 -",
            "-",
        ],
    )
    def test_an_id_that_somebody_made_up_is_refused(self, api: Api, position: str) -> None:
        last_id = encode_cursor("events/ann", position)

        assert api.ask(f"{EVERYTHING}?last_event_id={last_id}").status_code == 400

    @pytest.mark.reliability("A33")
    @pytest.mark.parametrize("last_id", ["x", "0", "é", "bobs", "MjAyNi0wMS0wMQ"])
    def test_an_id_that_no_event_had_is_refused(self, api: Api, last_id: str) -> None:
        api.driver.upload("bob/1.mp4")
        if last_id == "bobs":
            last_id = api.listen(owner="bob").next().id
        response = api.ask(f"{EVERYTHING}?last_event_id={last_id}")

        assert response.status_code == 400
        assert response.get_json()["code"] == "bad_cursor"


class TestTime:
    @pytest.mark.parametrize("url", [EVERYTHING, "one"])
    def test_silence_is_broken_and_a_stream_ends(self, api: Api, url: str) -> None:
        video = api.driver.upload()
        stream = api.listen(url if url != "one" else of(video))
        assert stream.chunk() == b"retry: 1000\n\n"
        stream.next()
        began = api.clock.monotonic()
        for beat in range(1, 4):
            assert stream.chunk() == b":\n\n"
            assert api.clock.monotonic() - began == 15.0 * beat

        (last,) = stream.rest()
        assert (last.name, last.data) == ("reconnect", {})
        assert api.clock.monotonic() - began == 300.0

    def test_a_stream_is_what_proxies_and_caches_must_leave_alone(self, api: Api) -> None:
        response = api.ask(EVERYTHING, Accept_Encoding="gzip")

        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert not {"Content-Encoding", "Content-Length", "ETag"} & set(response.headers.keys())

    @pytest.mark.reliability("B18")
    def test_a_store_that_fails_meanwhile_ends_a_stream_and_it_can_go_on(self) -> None:
        class Failing(InMemoryVideoRepository):
            down = False

            def changed(self, **asked: Any) -> list[Saved]:
                if self.down:
                    raise Outage("store_unavailable", "It is away.")
                return list(super().changed(**asked))

        api = Api(repository := Failing())
        api.driver.upload("ann/1.mp4")
        stream = api.listen()
        known = stream.next().id
        repository.down = True
        assert [heard.name for heard in stream.rest()] == ["reconnect"]

        repository.down = False
        later = api.driver.upload("ann/2.mp4")
        assert later.id in [heard.data.get("id") for heard in api.listen(Last_Event_ID=known).rest()]


@pytest.mark.reliability("A27")
class TestHowMany:
    def test_more_than_there_is_room_for_are_refused(self) -> None:
        api = Api(event_streams=2)
        open_ones = {owner: api.listen(owner=owner) for owner in ("ann", "bob")}
        open_ones["ann"].next  # noqa: B018 - one was not read at all, the other is
        open_ones["bob"].chunk()

        refused = api.ask(EVERYTHING, owner="eve")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "15")
        assert refused.get_json()["code"] == "too_many_streams"
        assert api.ask("/v1/videos").status_code == 200
        for owner, stream in open_ones.items():
            stream.close()
            api.listen(owner=owner).rest()

    def test_one_owner_leaves_room_for_others(self) -> None:
        api = Api(event_streams=4)
        open_ones = [api.listen(), api.listen()]

        refused = api.ask(EVERYTHING)
        assert (refused.status_code, refused.get_json()["code"]) == (503, "too_many_streams")
        others = [api.listen(owner="bob"), api.listen(owner="bob")]
        for stream in (*open_ones, *others):
            stream.close()
        api.listen().rest()

    def test_a_look_at_the_headers_takes_no_room(self) -> None:
        api = Api(event_streams=1)
        for _ in range(3):
            response = api.ask(EVERYTHING, method="HEAD")
            assert (response.status_code, response.data) == (200, b"")
            assert response.mimetype == "text/event-stream"
        api.listen().chunk()

    def test_the_framework_makes_room_when_a_client_has_gone(
        self, entry_point: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        from infra.local.token import new_token
        from shared.bootstrap import Bootstrap

        monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("AUTOMATIONS_EVENT_STREAMS", "1")
        wiring = Bootstrap()
        VideoDriver(wiring.repository).upload()
        client = entry_point("api")
        headers = {"Authorization": f"Bearer {new_token(wiring, owner='ann', role='viewer', hours=1)}"}
        for _ in range(2):
            stream = Stream(client.get(EVERYTHING, headers=headers))
            assert stream.next().data["status"] == "registered"
            assert client.get(EVERYTHING, headers=headers).status_code == 503
            stream.close()

    def test_a_server_notices_that_a_client_has_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(event_stream, "_LOOK_EVERY_S", 0.01)
        monkeypatch.setattr(event_stream, "_SILENT_AT_MOST_S", 0.02)
        api = Api(event_streams=1)
        monkeypatch.setattr(api.clock, "monotonic", time.monotonic)
        monkeypatch.setattr(api.clock, "sleep", time.sleep)
        with served(api) as port:
            before = threading.active_count()
            for _ in range(3):
                connection = connected(port)
                connection.close()
            deadline = time.monotonic() + 20
            while threading.active_count() > before:
                assert time.monotonic() < deadline, threading.enumerate()


@contextmanager
def served(api: Api) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, create_app(api.ports), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def connected(port: int) -> http.client.HTTPResponse:
    """Listens as soon as there is room."""
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", EVERYTHING, headers={"Authorization": "Bearer viewer:ann"})
        response = connection.getresponse()
        if response.status == 200:
            assert response.readline() == b"retry: 1000\n"
            connection.close()
            return response
        response.read()
        connection.close()
        assert (response.status, time.monotonic() < deadline) == (503, True)
