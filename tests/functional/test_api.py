"""The API's answers about videos, over the fakes and as the real entry point."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from infra.local.as_json import short_view
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.domain.attempt import Effort, ToolRun
from shared.domain.cursor import encode_cursor
from shared.domain.errors import ConfigurationError, TransientError
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.models import FakeEmbedder
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import embedding, media_info, search_entry
from tests.api_ports import FakeApiPorts
from tests.functional.library import HOSTILE, NO_UTF8, Library

ANN = {"Authorization": "Bearer viewer:ann"}


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem: dict[str, Any] = response.json
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-Id"]
    return problem


def test_index_leads_to_the_videos(library: Library) -> None:
    assert library.get(library.get("/v1")["links"]["videos"]) == {"videos": [], "next_cursor": None}
    assert library.get("/health") == {"status": "ok"}


def test_lists_videos_newest_first_page_by_page(library: Library) -> None:
    ids = [library.driver.upload(f"ann/{number}.mp4").id for number in range(5)]
    first = library.get("/v1/videos?limit=2")
    second = library.get(f"/v1/videos?limit=2&cursor={first['next_cursor']}")
    third = library.get(f"/v1/videos?limit=2&cursor={second['next_cursor']}")
    listed = [video["id"] for page in (first, second, third) for video in page["videos"]]
    assert listed == ids[::-1]
    assert third["next_cursor"] is None


def test_lists_videos_of_one_kind(library: Library) -> None:
    clip, unmeasured = library.add_finished().id, library.driver.upload("ann/waiting.mp4").id
    claim = library.driver.claim(library.driver.upload("ann/talk.mp3"), "ingest")
    talk = library.driver.commit(claim, media=media_info(video=())).id
    expected = {"": [talk, unmeasured, clip], "?kind=audio": [talk], "?kind=video": [clip]}
    for query, ids in expected.items():
        assert [one["id"] for one in library.get(f"/v1/videos{query}")["videos"]] == ids
    assert_problem(library.ask("/v1/videos?kind=image"), 422, "invalid_parameters")


@pytest.mark.reliability("A31")
def test_lists_the_callers_videos_by_status(library: Library) -> None:
    library.driver.upload("ann/waiting.mp4")
    bens = library.driver.upload("ben/waiting.mp4").id
    ready = library.add_finished("ben/done.mp4").id
    assert [video["id"] for video in library.get("/v1/videos", owner="ben")["videos"]] == [ready, bens]
    assert [video["id"] for video in library.get("/v1/videos?status=ready", owner="ben")["videos"]] == [ready]
    assert library.get("/v1/videos?status=ready")["videos"] == []
    for status in ("registered", "ingested", "transcoded", "segmented", "analyzed", "failed"):
        library.get(f"/v1/videos?status={status}")
    for unknown in ("bogus", "deleted", "", "%00"):
        refused = assert_problem(library.ask(f"/v1/videos?status={unknown}"), 422, "invalid_parameters")
        assert [error["field"] for error in refused["errors"]] == ["status"]
        assert "registered, ingested" in refused["errors"][0]["detail"]


def test_words_that_are_none_of_those_to_choose_from_are_told_which_there_are(library: Library) -> None:
    video_id = library.add_finished().id
    for path, field, word in (
        ("/v1/search?q=a&by=feeling", "by", "words, meaning"),
        ("/v1/videos?sort=colour", "sort", "created_at"),
        (f"/v1/videos/{video_id}/segments?kind=cat", "kind", "shot"),
    ):
        refused = assert_problem(library.ask(path), 422, "invalid_parameters")
        assert [error["field"] for error in refused["errors"]] == [field]
        assert word in refused["detail"], refused


def test_shows_a_finished_video(library: Library) -> None:
    video_id = library.add_finished().id
    video = library.get(f"/v1/videos/{video_id}")
    assert (video["status"], video["owner"], video["run"]) == ("ready", "ann", 1)
    assert video["source"] == {"name": "clip.mp4", "size_bytes": 1000, "generation": 1}
    assert video["capabilities"] == {"playable": True, "searchable": True, "tagged": True}
    assert video["failure"] is None
    assert video["progress"] is None
    assert video["media"]["video"][0]["fps"] == "25"
    assert video["media"]["fps_decimal"] == 25.0
    assert "/poster.jpg?expires=" in video["poster_url"]
    assert "/preview.mp4?expires=" in video["preview_url"]


def test_lists_renditions(library: Library) -> None:
    (rendition,) = library.get(f"/v1/videos/{library.add_finished().id}/renditions")["renditions"]
    assert (rendition["fps"], rendition["width"], rendition["frames"]) == ("30000/1001", 640, 300)
    assert rendition["fps_decimal"] == pytest.approx(29.97, abs=0.01)
    assert rendition["url"].startswith(f"/media/{rendition['object']['name']}?expires=")


def test_says_why_renditions_are_as_they_are(library: Library) -> None:
    (choice,) = library.get(f"/v1/videos/{library.add_finished().id}/renditions")["choices"]
    assert choice == {"subject": "rung 360p", "value": "0.90 Mbit/s at most", "reason": HOSTILE}


def test_shows_what_is_running_and_what_can_be_done_already(library: Library) -> None:
    driver = library.driver
    claim = driver.claim(library.store(driver.upload(), "ingest"), "transcode")
    beat = driver.lifecycle.heartbeat(claim, driver.clock.now(), LEASE_S, 0.25)
    driver.repository.update(claim.video.id, beat)
    video = library.get(f"/v1/videos/{claim.video.id}")
    assert video["progress"] == {"stage": "transcode", "fraction": 0.25}
    assert (video["poster_url"], video["preview_url"]) == (None, None)
    assert video["capabilities"] == {"playable": False, "searchable": False, "tagged": False}
    (_, running) = library.get(f"/v1/videos/{claim.video.id}/timeline")["attempts"]
    assert (running["stage"], running["ended_at"]) == ("transcode", None)


def test_segments_by_kind(library: Library) -> None:
    url = f"/v1/videos/{library.add_finished().id}/segments"
    assert len(library.get(url)["segments"]) == 3
    shots = library.get(f"{url}?kind=shot")["segments"]
    assert [(shot["start_frame"], shot["end_frame"]) for shot in shots] == [(0, 100), (100, 250)]
    assert "/shot%200.jpg?expires=" in shots[0]["keyframe_url"]
    assert library.get(f"{url}?kind=silence")["segments"] == []
    assert_problem(library.ask(f"{url}?kind=shots"), 422, "invalid_parameters")


def test_tags_findings_and_timeline(library: Library) -> None:
    url = f"/v1/videos/{library.add_finished().id}"
    (tag,) = library.get(f"{url}/tags")["tags"]
    assert (tag["label"], tag["evidence"][0]["quote"]) == ("train", HOSTILE)
    assert [finding["value"] for finding in library.get(f"{url}/findings")["findings"]] == [HOSTILE, NO_UTF8]
    attempts = library.get(f"{url}/timeline")["attempts"]
    assert [(attempt["stage"], attempt["outcome"]) for attempt in attempts] == [
        (stage, "succeeded") for stage in ("ingest", "transcode", "segment", "analyze", "tag")
    ]


def test_the_timeline_names_files_but_not_where_the_machine_keeps_them(library: Library) -> None:
    claim = library.driver.claim(library.driver.upload(), "ingest")
    tool = ToolRun(
        command=("/some folder/ffmpeg", "-i", "file:/one/other/source", "-vf", "scale=640:360,fps=30000/1001"),
        returncode=1,
        wall_s=1.0,
        cpu_s=1.0,
        peak_memory_bytes=1,
        log_tail="/one/other/source: Invalid data at 1/2",
    )
    library.driver.commit(claim, effort=Effort(tools=(tool,)))
    (attempt,) = library.get(f"/v1/videos/{claim.video.id}/timeline")["attempts"]
    (shown,) = attempt["tools"]
    assert shown["command"] == ["ffmpeg", "-i", "file:source", "-vf", "scale=640:360,fps=30000/1001"]
    assert shown["log_tail"] == "source: Invalid data at 1/2"


def test_search(library: Library) -> None:
    anns, bens = (library.add_finished(name).id for name in ("ann/a.mp4", "ben/b.mp4"))
    assert [hit["video_id"] for hit in library.get("/v1/search?q=train")["hits"]] == [anns]
    (hit,) = library.get("/v1/search?q=train", owner="ben")["hits"]
    assert (hit["video_id"], hit["name"], hit["source"], hit["start_s"]) == (bens, "b.mp4", "text", 0.0)
    assert library.get("/v1/search?q=nothing")["hits"] == []
    for query, told in (("", "Give it at least 1 character."), ("x" * 501, "Give it at most 500 characters.")):
        refused = assert_problem(library.ask(f"/v1/search?q={query}"), 422, "invalid_parameters")
        assert told in refused["detail"]
        assert [one["field"] for one in refused["errors"]] == ["q"]


def test_a_hit_shows_what_was_looked_for_and_leads_there(library: Library) -> None:
    text = 'The <b>night</b> train "leaves"'
    entries = [search_entry(text, start_s=61.239, end_s=63.0), search_entry("trainspotting", confidence=0.2)]
    video = library.driver.finish(library.driver.upload("ann/a.mp4"), {"tag": entries})
    first, second = library.get("/v1/search?q=TRAIN")["hits"]
    pieces = [("The <b>night</b> ", False), ("train", True), (' "leaves"', False)]
    assert [(piece["text"], piece["marked"]) for piece in first["excerpt"]] == pieces
    assert (first["text"], first["fit"], second["fit"]) == (text, "whole", "beginnings")
    assert (first["rough"], second["rough"]) == (False, True)
    assert first["url"] == f"/#/videos/{video.id}?t=61.23"
    (hit,) = library.get("/v1/search?q=nihgt")["hits"]
    assert (hit["fit"], [piece["text"] for piece in hit["excerpt"] if piece["marked"]]) == ("alike", ["night"])
    (hit,) = library.get("/v1/search?q=%22train+leaves%22")["hits"]
    assert [piece["text"] for piece in hit["excerpt"] if piece["marked"]] == ['train "leaves']
    assert library.get("/v1/search?q=%22leaves+train%22")["hits"] == []


def test_search_by_meaning() -> None:
    embedder, driver = FakeEmbedder(), VideoDriver(InMemoryVideoRepository())
    texts = ("a night train leaves", "a cat sleeps")
    for owner in ("ann", "ben"):
        points = embedder.embed(texts, "document", None)
        found = [embedding(text, point, model=embedder.model) for text, point in zip(texts, points, strict=True)]
        driver.finish(driver.upload(f"{owner}/clip.mp4"), {"tag": found})
    client = Client(create_app(FakeApiPorts(repository=driver.repository, embedder=embedder)))
    hits = found_by(client, "q=the train at night")
    assert [hit["text"] for hit in hits] == list(texts)
    assert hits[0]["score"] > hits[1]["score"]
    assert {driver.video(hit["video_id"]).owner for hit in hits} == {"ann"}
    assert len(found_by(client, "q=train&limit=1")) == 1


def found_by(client: Client, query: str) -> list[dict[str, Any]]:
    response: Any = client.get(f"/v1/search?by=meaning&{query}", headers=ANN).json
    hits: list[dict[str, Any]] = response["hits"]
    return hits


def test_search_by_meaning_where_nothing_has_any(library: Library) -> None:
    response = library.ask("/v1/search?q=train&by=meaning")
    problem = assert_problem(response, 400, "no_search_by_meaning")
    assert "AUTOMATIONS_EMBEDDER" in problem["detail"]
    assert_problem(library.ask("/v1/search?q=train&by=luck"), 422, "invalid_parameters")


@pytest.mark.reliability("A25")
def test_text_from_videos_is_only_ever_json(library: Library) -> None:
    url = f"/v1/videos/{library.add_finished().id}"
    for path in (f"{url}/tags", f"{url}/findings", "/v1/search?q=train"):
        response = library.ask(path)
        assert response.mimetype == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert HOSTILE in str(response.json)


def test_answers_are_what_the_openapi_document_says(library: Library) -> None:
    video_id = library.add_finished().id
    document = library.get("/openapi.json")
    described = {path: methods["get"] for path, methods in document["paths"].items() if "get" in methods}
    checked = 0
    for path, operation in described.items():
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        named = set(re.findall(r"{(\w+)}", path))
        if content is None or not named <= {"video_id"} or path == "/openapi.json":
            continue
        url = path.format(video_id=video_id) + ("?q=train" if path == "/v1/search" else "")
        answer = library.get(url, role="admin")
        jsonschema.validate(answer, content["schema"] | {"components": document["components"]})
        checked += 1
    assert checked >= 10
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    jsonschema.validate(library.get("/v1/videos?limit=0", status=422), problem)


def test_the_command_line_sees_what_the_api_shows(library: Library) -> None:
    video = library.add_finished()
    shown = {name: value for name, value in short_view(video).items() if name not in ("poster_url", "preview_url")}
    assert shown.items() <= library.get(f"/v1/videos/{video.id}").items()


@pytest.mark.parametrize("part", ["", "/renditions", "/segments", "/tags", "/findings", "/timeline"])
def test_unknown_and_deleted_videos_are_not_found(library: Library, part: str) -> None:
    video_id = library.driver.delete(library.add_finished()).id
    assert_problem(library.ask(f"/v1/videos/{video_id}{part}"), 404, "not_found")
    assert_problem(library.ask(f"/v1/videos/nope{part}"), 404, "not_found")


def test_wrong_requests_are_told_what_is_wrong(library: Library) -> None:
    assert_problem(library.ask("/v2/videos"), 404, "not_found")
    refused = library.ask("/v1/videos", method="POST")
    assert_problem(refused, 405, "method_not_allowed")
    assert "GET" in refused.headers["Allow"]
    assert_problem(library.ask("/v1/videos?cursor=made-up"), 400, "bad_cursor")
    for query, field in (("limit=1000", "limit"), ("owner=ben", "")):
        problem = assert_problem(library.ask(f"/v1/videos?{query}"), 422, "invalid_parameters")
        assert [error["field"] for error in problem["errors"]] == [field]


def test_a_sane_request_id_is_kept(library: Library) -> None:
    kept = library.ask("/health", headers={"X-Request-Id": "abc-1"})
    assert kept.headers["X-Request-Id"] == "abc-1"
    replaced = library.ask("/health", headers={"X-Request-Id": "a b"})
    assert replaced.headers["X-Request-Id"] not in {"a b", "abc-1"}


class BrokenRepository:
    """Raises an error whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (TransientError("store_busy", "The store is busy.", retry_after_s=2.5), 503, "store_busy", "3"),
        (TransientError("store_busy", "The store is busy."), 503, "store_busy", "5"),
        (TransientError("disk_full", "The disk is full."), 507, "disk_full", "5"),
        (ConfigurationError("bad_settings", "Secret settings."), 500, "internal_error", None),
        (ZeroDivisionError("secret"), 500, "internal_error", None),
        (msgspec.ValidationError("secret - at `$.owner`"), 500, "internal_error", None),  # of what is stored
    ],
)
@pytest.mark.reliability("B14")
def test_failures_of_the_store(error: Exception, status: int, code: str, retry_after: str | None) -> None:
    broken: Any = BrokenRepository(error)
    response = Client(create_app(FakeApiPorts(repository=broken))).get("/v1/videos", headers=ANN)
    problem = assert_problem(response, status, code)
    assert response.headers.get("Retry-After") == retry_after
    assert "ecret" not in problem["detail"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("studio.example", 200),
        ("attacker.example", 400),
        ("localhost.attacker.example", 400),
        ("", 400),
    ],
)
def test_only_the_names_it_is_known_by_lead_to_it(host: str, status: int) -> None:
    names = ["localhost", "127.0.0.1", "studio.example"]
    client = Client(create_app(FakeApiPorts(), trusted_hosts=names))
    response = client.get("/v1/videos", headers={"Host": host, **ANN})
    assert response.status_code == status
    if status == 400:
        assert_problem(response, 400, "bad_request")


@pytest.mark.parametrize("position", ["99999999999999999999999 v", "-1 v", "x y", ""])
def test_a_forged_cursor_is_refused(tmp_path: Path, position: str) -> None:
    repository = SqlVideoRepository(main_database(sqlite_url(tmp_path / "videos.db")))
    client = Client(create_app(FakeApiPorts(repository=repository)))
    forged = {"cursor": encode_cursor("ann/None", position)}
    response = client.get("/v1/videos", query_string=forged, headers=ANN)
    assert_problem(response, 400, "bad_cursor")
