"""How answers are sent: sparse, compressed, not at all if the client has them; and only once for each key."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from functions.api.idempotency import KEPT_FOR
from shared.domain.errors import TransientError
from shared.domain.idempotent_answer import IdempotentAnswer
from shared.ports.document_store import Edit
from shared.processors.allowance import allowance_of
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library

GZIP = {"Accept-Encoding": "gzip"}


class TestConditions:
    def test_what_the_client_has_is_not_sent_again(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        first = library.ask(url)
        assert first.headers["ETag"].startswith('"'), "a strong one"
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = library.ask(url, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        library.ask(url, role="editor", method="PATCH", json={"title": "New"})
        assert library.ask(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200

    def test_each_encoding_and_choice_has_its_own_etag(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        plain, packed, sparse = library.ask(url), library.ask(url, headers=GZIP), library.ask(f"{url}?fields=id")
        assert len({one.headers["ETag"] for one in (plain, packed, sparse)}) == 3
        assert gzip.decompress(packed.data) == plain.data
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert packed.content_length == len(packed.data)
        again = library.ask(url, headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
        assert (again.status_code, again.headers.get("Content-Encoding")) == (304, None)
        assert library.ask(url, headers={**GZIP, "If-None-Match": plain.headers["ETag"]}).status_code == 200

    @pytest.mark.parametrize(
        ("liked", "packed"),
        [
            ("gzip", True),
            ("br, gzip;q=0.5", True),
            ("*", True),
            ("gzip;q=0", False),
            ("gzip;q=0, *", False),
            ("identity, gzip;q=0.5", False),
            ("br", False),
            ("", False),
        ],
    )
    def test_what_is_compressed(self, library: Library, liked: str, packed: bool) -> None:
        response = library.ask("/openapi.json", headers={"Accept-Encoding": liked})
        assert (response.headers.get("Content-Encoding") == "gzip") is packed
        body = gzip.decompress(response.data) if packed else response.data
        assert json.loads(body)["openapi"].startswith("3.1")

    def test_small_answers_are_not_compressed(self, library: Library) -> None:
        response = library.ask("/health", headers=GZIP)
        assert "Content-Encoding" not in response.headers

    def test_head_is_get_without_the_body(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        got, headed = library.ask(url), library.ask(url, method="HEAD")
        assert (headed.status_code, headed.data) == (200, b"")
        for name in ("ETag", "Content-Type", "Content-Length"):
            assert headed.headers[name] == got.headers[name]

    def test_a_get_may_have_a_condition_too(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        refused: Any = library.ask(url, headers={"If-Match": '"other"'})
        assert (refused.status_code, refused.json["code"]) == (412, "precondition_failed")


def test_a_video_is_shown_with_one_read() -> None:
    class CountingRepository(InMemoryVideoRepository):
        asked: ClassVar[list[str]] = []

        def __getattribute__(self, name: str) -> Any:
            if not name.startswith("_") and name != "asked":
                self.asked.append(name)
            return super().__getattribute__(name)

    repository = CountingRepository()
    video = VideoDriver(repository).upload()
    repository.asked.clear()
    client = Client(create_app(FakeApiPorts(repository=repository)))
    assert client.get(f"/v1/videos/{video.id}", headers={"Authorization": "Bearer viewer:ann"}).status_code == 200
    assert repository.asked == ["get"]


class TestFields:
    def test_only_what_was_asked_for(self, library: Library) -> None:
        video = library.add_finished()
        url = f"/v1/videos/{video.id}"
        library.ask(url, role="editor", method="PATCH", json={"metadata": {"album": "2026"}})
        assert library.get(f"{url}?fields=id,media.duration_s") == {"id": video.id, "media": {"duration_s": 10.0}}
        assert library.get(f"{url}?fields=media.video.codec, metadata.album") == {
            "media": {"video": [{"codec": "h264"}]},
            "metadata": {"album": "2026"},
        }
        assert library.get(f"{url}?fields=failure.code,media,media.title")["failure"] is None

    def test_of_a_list_they_are_its_items(self, library: Library) -> None:
        video = library.add_finished()
        library.add_finished("ann/second.mp4")
        page = library.get("/v1/videos?fields=title&limit=1&include=counts")
        assert page["videos"] == [{"title": "second.mp4"}]
        assert page["next_cursor"]
        assert page["counts"]["ready"] == 2
        url = f"/v1/videos/{video.id}"
        assert library.get(f"{url}/tags?fields=label,evidence.quote")["tags"][0]["label"] == "train"
        attempts = library.get(f"{url}/timeline?fields=stage,cost.wall_s")["attempts"]
        assert attempts[0] == {"stage": "ingest", "cost": {"wall_s": 2.0}}
        assert set(library.get("/v1/search?q=train&fields=title,start_s")["hits"][0]) == {"title", "start_s"}

    @pytest.mark.parametrize(
        "fields", ["", "nope", "id,", "id.x", "media.nope", "videos", "id" * 501, "__proto__"]
    )
    def test_there_must_be_such_fields(self, library: Library, fields: str) -> None:
        refused: Any = library.ask("/v1/videos", query_string={"fields": fields})
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "fields")
        assert "media" in refused.json["detail"]


class TestListing:
    def test_sorted_and_narrowed_down(self, library: Library) -> None:
        first, second, third = (library.driver.upload(f"ann/{name}.mp4") for name in "abc")
        library.ask(f"/v1/videos/{first.id}", role="editor", method="PATCH", json={"title": "Now"})

        def ids(**query: str) -> list[str]:
            response: Any = library.ask("/v1/videos", query_string=query).json
            return [video["id"] for video in response["videos"]]

        assert ids(sort="created_at") == [first.id, second.id, third.id]
        assert ids(sort="-updated_at")[0] == first.id
        assert ids(created_after=second.created_at.isoformat()) == [third.id, second.id]
        assert ids(created_before=second.created_at.isoformat()) == [first.id]
        page = library.get("/v1/videos?include=counts&status=ready")
        assert page["videos"] == []
        assert (page["counts"]["registered"], page["counts"]["ready"], page["counts"]["failed"]) == (3, 0, 0)
        assert "counts" not in library.get("/v1/videos")

    @pytest.mark.parametrize(
        "wrong", ["yesterday", "0.5", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00"]
    )
    def test_times_are_times(self, library: Library, wrong: str) -> None:
        for name in ("created_after", "created_before"):
            refused: Any = library.ask("/v1/videos", query_string={name: wrong})
            assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, name)

    @pytest.mark.reliability("A33")
    def test_a_cursor_is_good_for_its_listing_only(self, library: Library) -> None:
        for owner in ("ann", "ben"):
            for name in "abc":
                library.driver.upload(f"{owner}/{name}.mp4")
        given = library.get("/v1/videos?limit=1")["next_cursor"]
        assert library.get(f"/v1/videos?limit=2&cursor={given}")["videos"]
        edited = given[:-1] + ("A" if given[-1] != "A" else "B")
        for query in (
            f"cursor={edited}",
            f"cursor={given[:-4]}",
            f"cursor={given}&sort=created_at",
            f"cursor={given}&status=registered",
            f"cursor={given}&created_after=2020-01-01T00:00:00Z",
            "cursor=%00",
        ):
            assert library.get(f"/v1/videos?{query}", status=400)["code"] == "bad_cursor", query
        assert library.get(f"/v1/videos?cursor={given}", status=400, owner="ben")["code"] == "bad_cursor"


class TestReplay:
    def test_from_a_stage_and_from_the_beginning(self, library: Library) -> None:
        video = library.add_finished()
        url = f"/v1/videos/{video.id}"
        answer: Any = library.ask(f"{url}/replay", role="editor", method="POST", json={"from": "segment"})
        assert (answer.status_code, answer.json["run"], answer.json["status"]) == (202, 2, "transcoded")
        assert list(library.driver.repository.outbox(video_id=video.id)) == [], "it was published"
        again: Any = library.ask(f"{url}/replay", role="editor", method="POST")
        assert (again.status_code, again.json["run"], again.json["status"]) == (202, 3, "registered")

    def test_what_can_not_be_replayed(self, library: Library) -> None:
        url = f"/v1/videos/{library.driver.upload().id}/replay"
        early: Any = library.ask(url, role="editor", method="POST", json={"from": "tag"})
        assert (early.status_code, early.json["code"]) == (409, "nothing_to_reuse")
        unknown: Any = library.ask(url, role="editor", method="POST", json={"from": "guess"})
        assert (unknown.status_code, unknown.json["errors"][0]["field"]) == (422, "from")
        assert "ingest, transcode" in unknown.json["detail"]

    def test_a_bus_that_is_away_delays_it_only(self) -> None:
        class AwayBus:
            def publish(self, *_: object) -> None:
                raise TransientError("bus_away", "The bus is away.")

        bus: Any = AwayBus()
        ports = FakeApiPorts(bus=bus)
        driver = VideoDriver(ports.repository)
        video = driver.finish(driver.upload())
        ports.repository.mark_published([event.event_id for event in ports.repository.outbox()])
        answer = Client(create_app(ports)).post(
            f"/v1/videos/{video.id}/replay", json={"from": "tag"}, headers={"Authorization": "Bearer editor:ann"}
        )
        assert answer.status_code == 202
        assert [event.type for event in ports.repository.outbox()] == ["video-analyzed"]


def test_recommendations_and_usage(library: Library) -> None:
    video = library.add_finished()
    library.driver.upload("ann/waiting.mp4")
    (chapter,) = library.get(f"/v1/videos/{video.id}/recommendations")["recommendations"]
    assert (chapter["kind"], chapter["start_s"]) == ("chapter", 0.0)
    usage = library.get("/v1/usage")
    assert (usage["videos"], usage["unfinished"], usage["source_bytes"], usage["media_s"]) == (2, 1, 2000, 10.0)
    assert usage["quota"]["unfinished"] >= 1
    assert library.get("/v1/usage", owner="ben")["videos"] == 0
    assert (usage["model_day_usd"], usage["quota"]["model_day_usd"]) == (0.0, 50.0)


def test_what_models_cost_an_owner_today() -> None:
    ports = FakeApiPorts()
    video = VideoDriver(ports.repository).upload("ann/clip.mp4")
    allowance_of(video, ports, ports.settings.budget).hold(0.25)

    def today(owner: str) -> object:
        headers = {"Authorization": f"Bearer viewer:{owner}"}
        return json.loads(Client(create_app(ports)).get("/v1/usage", headers=headers).data)["model_day_usd"]

    assert (today("ann"), today("ben")) == (0.25, 0.0)


class Replaying:
    """An API on which replays are counted."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.ports = FakeApiPorts(clock=self.clock)
        self.driver = VideoDriver(self.ports.repository, self.clock)
        self.video = self.driver.finish(self.driver.upload())
        self.client = Client(create_app(self.ports))

    def post(self, key: str, body: object = None, *, owner: str = "ann", path: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer admin:{owner}", "Idempotency-Key": key}
        return self.client.post(path or f"/v1/videos/{self.video.id}/replay", json=body or {}, headers=headers)

    @property
    def run(self) -> int:
        return self.driver.video(self.video.id).run

    @property
    def kept(self) -> list[IdempotentAnswer]:
        return list(self.ports.documents.owned(IdempotentAnswer, owner="ann"))


class TestIdempotency:
    def test_what_is_sent_again_is_done_once(self) -> None:
        api = Replaying()
        first, again = api.post("k"), api.post("k")
        assert (first.status_code, again.status_code, api.run) == (202, 202, 2)
        assert again.json == first.json
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
        assert api.post("another").status_code == 202
        assert api.run == 3
        assert {one.about for one in api.kept} == {api.video.id}, "it goes when the video does"

    def test_a_key_is_for_one_thing(self) -> None:
        api = Replaying()
        api.post("k")
        for answer in (api.post("k", {"from": "tag"}), api.post("k", path="/v1/videos/v/replay")):
            assert (answer.status_code, answer.json and answer.json["code"]) == (422, "idempotency_key_reused")
        assert api.run == 2

    def test_owners_do_not_share_keys(self) -> None:
        api = Replaying()
        bens = api.driver.finish(api.driver.upload("ben/a/clip.mp4"))
        assert api.post("k").status_code == 202
        assert api.post("k", owner="ben", path=f"/v1/videos/{bens.id}/replay").status_code == 202

    def test_what_was_refused_may_be_tried_again(self) -> None:
        api = Replaying()
        new = api.driver.upload("ann/new.mp4")
        path = f"/v1/videos/{new.id}/replay"
        assert api.post("k", {"from": "tag"}, path=path).status_code == 409
        assert api.kept == []
        api.driver.finish(new)
        assert api.post("k", {"from": "tag"}, path=path).status_code == 202

    def test_two_at_a_time_are_one(self) -> None:
        api = Replaying()
        inside, go_on = threading.Event(), threading.Event()
        bus: Any = api.ports.bus
        publish = bus.publish

        def slow(*message: Any) -> None:
            inside.set()
            assert go_on.wait(10)
            publish(*message)

        bus.publish = slow
        first: list[TestResponse] = []
        thread = threading.Thread(target=lambda: first.append(api.post("k")))
        thread.start()
        assert inside.wait(10)
        second = api.post("k")
        go_on.set()
        thread.join()
        assert (second.status_code, second.json and second.json["code"]) == (409, "still_working")
        assert second.headers["Retry-After"] == "1"
        assert (first[0].status_code, api.run) == (202, 2)

    def test_whoever_died_over_it_is_not_waited_for_long(self) -> None:
        api = Replaying()
        api.post("k")
        (done,) = api.kept
        busy = replace(done, busy_until=api.clock.now() + timedelta(seconds=60), body=None, status=0)
        api.ports.documents.update(
            IdempotentAnswer, done.id, lambda _: Edit(answer=None, document=busy), owner="ann"
        )
        assert api.post("k").status_code == 409
        api.clock.advance(60)
        assert api.post("k").status_code == 202
        assert api.run == 3

    def test_it_is_kept_for_a_day(self) -> None:
        api = Replaying()
        api.post("k")
        (kept,) = api.kept
        assert kept.due_at == api.clock.now() + KEPT_FOR
        api.clock.advance(KEPT_FOR.total_seconds())
        assert api.post("k").status_code == 202
        assert api.run == 3

    def test_secrets_are_not_kept(self) -> None:
        api = Replaying()
        made: Any = api.post("k", {"name": "importer", "role": "viewer"}, path="/v1/keys")
        assert made.status_code == 201
        again: Any = api.post("k", {"name": "importer", "role": "viewer"}, path="/v1/keys")
        assert (again.status_code, again.json["code"]) == (409, "said_once")
        (kept,) = api.kept
        assert kept.body is None
        assert made.json["secret"] not in repr(kept)

    @pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "\x7f"])
    def test_wrong_keys(self, key: str) -> None:
        api = Replaying()
        answer = api.post(key)
        assert (answer.status_code, answer.json and answer.json["code"]) == (400, "bad_idempotency_key")
        assert api.run == 1
