"""Asking for clips, over the fakes and as the real entry point."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from shared.domain.clips import Clip, clip_object
from shared.domain.records import Recommendation
from shared.domain.video import Video
from shared.ports.document_store import Edit
from shared.runtime.clips import is_being_clipped
from shared.settings import QuotaSettings, Settings
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library


def ask(library: Library, video: Video, segment: str, **more: Any) -> TestResponse:
    sent = {"segment": segment, **more}
    return library.ask(f"/v1/videos/{video.id}/clips", role="editor", method="POST", json=sent)


def asked(library: Library, video: Video, segment: str, **more: Any) -> Any:
    answer = ask(library, video, segment, **more)
    assert answer.status_code == 202, answer.text
    return answer.json


def refused(library: Library, video: Video, segment: str, status: int, **more: Any) -> str:
    answer = ask(library, video, segment, **more)
    assert answer.status_code == status, answer.text
    problem: Any = answer.json
    return str(problem["detail"])


class TestAsking:
    def test_a_clip_is_queued_and_can_be_looked_at(self, library: Library) -> None:
        video = library.add_finished()
        answer = ask(library, video, "shot:1")
        clip: Any = answer.json
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/v1/videos/{video.id}/clips/{clip['id']}"
        assert (clip["state"], clip["spans"], clip["name"]) == ("queued", [[4.0, 10.0]], "clip-shot-1.mp4")
        assert (clip["url"], clip["expires_at"], clip["duration_s"]) == (None, None, None)
        assert library.get(answer.headers["Location"]) == clip
        assert library.get(f"/v1/videos/{video.id}/clips") == {"clips": [clip]}

    def test_the_same_is_the_same_and_something_else_is_not(self, library: Library) -> None:
        video = library.add_finished()
        ids = [asked(library, video, segment)["id"] for segment in ("shot:1", "4-10", "4-10.0", "4-9", "shot:0")]
        assert ids[0] == ids[1] == ids[2]
        assert len({*ids}) == 3
        assert len(library.get(f"/v1/videos/{video.id}/clips")["clips"]) == 3

    def test_a_chapter_lasts_until_the_next_and_a_span_ends_with_the_video(self, library: Library) -> None:
        video = library.add_finished()
        length_s = library.get(f"/v1/videos/{video.id}")["media"]["duration_s"]
        assert asked(library, video, "chapter:0")["spans"] == [[0.0, length_s]]
        assert asked(library, video, "2-9000")["spans"] == [[2.0, length_s]]

    def test_what_is_no_part_is_refused_with_what_to_do(self, library: Library) -> None:
        video = library.add_finished()
        assert "There are shot:0 to shot:1." in refused(library, video, "shot:2", 404)
        assert "No highlights are recommended" in refused(library, video, "highlight", 404)
        assert "KIND:INDEX" in refused(library, video, "all", 422)

    def test_one_that_is_not_ready_is_refused(self, library: Library) -> None:
        video = library.store(library.driver.upload("ann/new.mp4"), "ingest")
        assert "this one is ingested so far, in run 1" in refused(library, video, "0-1", 409)

    def test_without_a_window_there_is_no_upright_clip(self, library: Library) -> None:
        assert "Ask for the clip without it" in refused(
            library, library.add_finished(), "shot:0", 404, vertical=True
        )

    def test_whoever_only_sees_may_look_and_nothing_else(self, library: Library) -> None:
        video = library.add_finished()
        clip = asked(library, video, "shot:0")
        path = f"/v1/videos/{video.id}/clips"
        assert library.ask(path, method="POST", json={"segment": "0-1"}).status_code == 403
        assert library.ask(f"{path}/{clip['id']}", method="DELETE").status_code == 403
        assert (
            library.ask(path, method="POST", role="editor", owner="ben", json={"segment": "0-1"}).status_code
            == 404
        )

    def test_with_a_key_it_is_done_once(self, library: Library) -> None:
        video = library.add_finished()
        url, headers = f"/v1/videos/{video.id}/clips", {"Idempotency-Key": "k"}
        answers = [
            library.ask(url, role="editor", method="POST", headers=headers, json={"segment": "shot:0"})
            for _ in range(2)
        ]
        assert answers[0].json == answers[1].json
        assert answers[1].headers["Idempotent-Replayed"] == "true"

    def test_it_is_in_the_audit_log(self, library: Library) -> None:
        video = library.add_finished()
        asked(library, video, "shot:0")
        entries = library.get("/v1/audit", role="admin")["entries"]
        assert [(entry["operation"], entry["target"]) for entry in entries] == [("request_clip", video.id)]


class TestDeleting:
    def test_it_is_gone_with_its_file(self, library: Library) -> None:
        video = library.add_finished()
        clip = asked(library, video, "shot:0")
        url = f"/v1/videos/{video.id}/clips/{clip['id']}"
        assert library.ask(url, role="editor", owner="ben", method="DELETE").status_code == 404
        assert library.ask(url, role="editor", method="DELETE").status_code == 204
        for method in ("GET", "DELETE"):
            assert library.ask(url, role="editor", method=method).status_code == 404
        assert library.get(f"/v1/videos/{video.id}/clips") == {"clips": []}

    def test_another_videos_is_not_found(self, library: Library) -> None:
        video, other = library.add_finished(), library.add_finished("ann/other.mp4")
        clip = asked(library, video, "shot:0")
        assert library.ask(f"/v1/videos/{other.id}/clips/{clip['id']}", role="editor").status_code == 404


class TestMade:
    """A clip that is there, over the fakes."""

    @pytest.fixture
    def ports(self) -> FakeApiPorts:
        return FakeApiPorts(clock=ManualClock(), settings=Settings(quota=QuotaSettings(bytes=2_000_000)))

    @pytest.fixture
    def made(self, ports: FakeApiPorts, tmp_path: Path) -> Library:
        return Library(
            client=Client(create_app(ports)),
            token=lambda owner, role: f"{role}:{owner}",
            driver=VideoDriver(ports.repository, ports.clock),  # type: ignore[arg-type]
            blobs=ports.blobs,
            folder=tmp_path,
        )

    @staticmethod
    def complete(ports: FakeApiPorts, made: Library, clip_id: str, size_bytes: int) -> Clip:
        begun = TestMade.begin(ports, clip_id)
        file = made.put(clip_object(begun, 1), bytes(size_bytes), "video/mp4")
        ready = begun.completed(file, 4.0, ports.clock.now())
        return ports.documents.update(Clip, clip_id, lambda _: Edit(answer=ready, document=ready), owner="ann")

    @staticmethod
    def begin(ports: FakeApiPorts, clip_id: str) -> Clip:
        def decide(stored: Clip | None) -> Edit[Clip, Clip]:
            assert stored is not None
            begun = stored.begun(ports.clock.now(), 30.0)
            return Edit(answer=begun, document=begun)

        return ports.documents.update(Clip, clip_id, decide, owner="ann")

    @pytest.mark.reliability("B10", "B27")
    def test_taken_back_while_it_is_made_it_is_remembered_until_who_makes_it_must_know(
        self, ports: FakeApiPorts, made: Library
    ) -> None:
        video = made.add_finished()
        clip_id = asked(made, video, "shot:0")["id"]
        first, url = self.begin(ports, clip_id), f"/v1/videos/{video.id}/clips/{clip_id}"
        assert made.ask(url, role="editor", method="DELETE").status_code == 204
        assert made.ask(url).status_code == 404
        assert made.get("/v1/usage")["clips"] == 0
        assert is_being_clipped(ports.documents, video.id, ports.clock.now())
        assert asked(made, video, "shot:0")["state"] == "queued"
        assert self.begin(ports, clip_id).tries == first.tries + 1
        made.ask(url, role="editor", method="DELETE")
        ports.clock.sleep(30)
        assert not is_being_clipped(ports.documents, video.id, ports.clock.now())

    def test_it_leads_to_its_file_until_that_is_removed(self, ports: FakeApiPorts, made: Library) -> None:
        video = made.add_finished()
        clip = self.complete(ports, made, asked(made, video, "shot:0")["id"], 1000)
        shown = made.get(f"/v1/videos/{video.id}/clips/{clip.id}")
        assert f"{clip_object(clip, 1)}?generation=" in shown["url"]
        assert shown["url"].endswith("&as=clip-shot-0.mp4")
        assert (shown["state"], shown["size_bytes"], shown["duration_s"]) == ("ready", 1000, 4.0)
        assert asked(made, video, "shot:0") == shown
        ports.clock.sleep(7 * 86400)
        assert made.get(f"/v1/videos/{video.id}/clips/{clip.id}")["url"] is None
        made.ask(f"/v1/videos/{video.id}/clips/{clip.id}", role="editor", method="DELETE")
        assert not list(made.blobs.list_objects("media", f"videos/{video.id}/clips/"))

    def test_it_counts(self, ports: FakeApiPorts, made: Library) -> None:
        video = made.add_finished()
        used = made.get("/v1/usage")
        assert (used["clips"], used["clip_bytes"]) == (0, 0)
        left = ports.settings.quota.bytes - used["source_bytes"]
        self.complete(ports, made, asked(made, video, "shot:0")["id"], left - 100)
        used = made.get("/v1/usage")
        assert (used["clips"], used["clip_bytes"]) == (1, left - 100)
        assert "Delete some" in refused(made, video, "shot:1", 413)
        asked(made, video, "shot:0")  # which is there

    def test_so_many_are_made_at_a_time(self, made: Library, ports: FakeApiPorts) -> None:
        ports.settings = Settings(quota=QuotaSettings(unfinished=2))
        library = Library(
            client=Client(create_app(ports)),
            token=made.token,
            driver=made.driver,
            blobs=made.blobs,
            folder=made.folder,
        )
        video = library.add_finished()
        for segment in ("0-1", "0-2"):
            asked(library, video, segment)
        assert "2 of your clips are being made" in refused(library, video, "0-3", 429)

    def test_highlights_are_one_clip(self, made: Library) -> None:
        again = made.driver.replay(made.add_finished(), "tag")
        highlight = partial(Recommendation, kind="highlight", value="", reason="loud", score=0.5)
        two = (highlight(start_s=6.0, end_s=8.0), highlight(start_s=0.5, end_s=2.0))
        video = made.store(again, "tag", lambda _prefix: two)
        assert asked(made, video, "highlight", max_s=4)["spans"] == [[0.5, 2.0], [6.0, 8.0]]
        assert asked(made, video, "highlight", max_s=1)["spans"] == [[6.0, 7.0]]
