"""Erasing, exporting and the audit log, over the fakes and as the real entry point."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import jwt
import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from shared.domain.exports import Export, archive_name, archive_prefix, new_export
from shared.domain.identity import erased_id
from shared.ports.document_store import Edit
from shared.testing.clock import ManualClock
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library


def audit(library: Library) -> list[tuple[str, str, str]]:
    entries = library.get("/v1/audit", role="admin")["entries"]
    return [(entry["operation"], entry["target"], entry["subject"]) for entry in entries]


class TestErasing:
    @pytest.mark.reliability("B27")
    def test_the_receipt_says_what_went_and_verifies(self, library: Library) -> None:
        video = library.add_finished()
        answer = library.ask(f"/v1/videos/{video.id}", role="editor", method="DELETE")
        receipt: Any = answer.json
        assert answer.status_code == 200, answer.text
        assert (receipt["video_id"], receipt["complete"]) == (video.id, True)
        assert receipt["removed"]["attempts"] == 5
        assert receipt["removed"]["objects"] == len(receipt["objects"])
        assert receipt["removed"]["bytes"] == sum(one["size_bytes"] for one in receipt["objects"])
        assert receipt["removed"]["records"]["Tag"] >= 1
        keys = jwt.PyJWKSet.from_dict(library.get("/.well-known/jwks.json"))
        signed = receipt.pop("receipt")
        key = keys[jwt.get_unverified_header(signed)["kid"]]
        claims = jwt.decode(signed, key, algorithms=["ES256"])
        del claims["iat"]
        assert claims == receipt
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(signed[:-8] + "AAAAAAAA", key, algorithms=["ES256"])

    def test_it_is_gone_for_everybody(self, library: Library) -> None:
        video = library.add_finished()
        url = f"/v1/videos/{video.id}"
        assert library.ask(url, role="viewer", method="DELETE").status_code == 403
        assert library.ask(url, role="admin", owner="ben", method="DELETE").status_code == 404
        seen = library.ask(url).headers["ETag"]
        stale = library.ask(url, role="editor", method="DELETE", headers={"If-Match": '"0.1"'})
        assert stale.status_code == 412
        answer = library.ask(url, role="editor", method="DELETE", headers={"If-Match": seen})
        assert answer.status_code == 200, answer.text
        for below in (
            "",
            "/renditions",
            "/segments",
            "/findings",
            "/tags",
            "/timeline",
            "/playback",
            "/transcript",
        ):
            assert library.ask(url + below).status_code == 404
        assert library.ask(url, role="editor", method="DELETE").status_code == 404
        assert library.get("/v1/videos")["videos"] == []
        assert library.get("/v1/search?q=train")["hits"] == []


class TestAuditLog:
    def test_changes_are_in_it_and_nothing_else_is(self, library: Library) -> None:
        made: Any = library.ask(
            "/v1/keys", role="admin", method="POST", json={"name": "ci", "role": "viewer"}
        ).json
        library.driver.clock.advance(1)
        library.ask("/v1/keys", role="admin", method="POST", json={"name": ""})  # which is refused
        library.ask("/v1/keys", role="viewer", method="POST", json={"name": "ci", "role": "viewer"})
        library.ask("/v1/keys", role="admin")
        answer = library.ask(
            f"/v1/keys/{made['id']}", role="admin", method="DELETE", headers={"X-Request-Id": "r1"}
        )
        assert answer.status_code == 204
        found = audit(library)
        assert [(operation, target) for operation, target, _ in found] == [
            ("delete_key", made["id"]),
            ("make_key", made["id"]),
        ]
        assert all(subject for _, _, subject in found)
        assert library.get("/v1/audit", role="admin")["entries"][0]["request_id"] == "r1"
        assert library.get("/v1/audit", role="admin", owner="ben")["entries"] == []
        assert library.ask("/v1/audit", role="editor").status_code == 403

    def test_what_is_about_no_video_is_in_it(self, library: Library) -> None:
        made: Any = library.ask(
            "/v1/webhooks", role="admin", method="POST", json={"url": "https://93.184.215.14/hook"}
        ).json
        library.driver.clock.advance(1)
        tried = library.ask(f"/v1/webhooks/{made['id']}/test", role="admin", method="POST")
        assert tried.status_code == 202, tried.text
        assert [target for _, target, _ in audit(library)] == [made["id"]] * 2

    def test_page_by_page(self, library: Library) -> None:
        for number in range(3):
            library.driver.clock.advance(1)
            library.ask("/v1/keys", role="admin", method="POST", json={"name": f"{number}", "role": "viewer"})
        first = library.get("/v1/audit?limit=2", role="admin")
        second = library.get(f"/v1/audit?limit=2&cursor={first['next_cursor']}", role="admin")
        ids = [entry["id"] for entry in (*first["entries"], *second["entries"])]
        assert len(ids) == 3
        assert ids == sorted(ids, reverse=True)
        assert second["next_cursor"] is None

    @pytest.mark.reliability("B27")
    def test_of_an_erased_video_it_knows_no_more_than_that(self, library: Library) -> None:
        video, kept = library.add_finished(), library.add_finished("ann/kept.mp4")
        for one in (video, kept):
            library.ask(f"/v1/videos/{one.id}", role="editor", method="PATCH", json={"title": "A title"})
        assert {target for _, target, _ in audit(library)} == {video.id, kept.id}
        library.driver.clock.advance(1)
        library.ask(f"/v1/videos/{video.id}", role="editor", method="DELETE")
        assert [(operation, target) for operation, target, _ in audit(library)] == [
            ("erase_video", erased_id(video.id)),
            ("change_video", kept.id),
        ]


class TestExports:
    def test_one_is_made_at_a_time(self, library: Library) -> None:
        answer = library.ask("/v1/exports", role="admin", method="POST")
        export: Any = answer.json
        assert answer.status_code == 202
        assert answer.headers["Location"] == f"/v1/exports/{export['id']}"
        assert (export["state"], export["url"], export["expires_at"]) == ("queued", None, None)
        again = library.ask("/v1/exports", role="admin", method="POST")
        assert again.status_code == 409
        assert again.json is not None
        assert again.json["code"] == "export_running"
        assert f"{export['id']} is queued" in again.json["detail"]
        assert library.get("/v1/exports", role="admin")["exports"] == [export]
        assert library.get(f"/v1/exports/{export['id']}", role="admin") == export

    def test_of_others_there_are_none(self, library: Library) -> None:
        export: Any = library.ask("/v1/exports", role="admin", method="POST").json
        assert library.ask(f"/v1/exports/{export['id']}", role="admin", owner="ben").status_code == 404
        assert library.get("/v1/exports", role="admin", owner="ben")["exports"] == []
        assert library.ask("/v1/exports", role="editor", method="POST").status_code == 403

    def test_one_that_is_deleted_is_gone_with_its_archive_and_makes_room(self, library: Library) -> None:
        export: Any = library.ask("/v1/exports", role="admin", method="POST").json
        url = f"/v1/exports/{export['id']}"
        library.put(f"{archive_prefix(export['id'])}1.zip", b"PK", "application/zip")
        assert library.ask(url, role="editor", method="DELETE").status_code == 403
        assert library.ask(url, role="admin", owner="ben", method="DELETE").status_code == 404
        assert len(list(library.blobs.list_objects("media", "exports/"))) == 1
        assert library.ask(url, role="admin", method="DELETE").status_code == 204
        assert not list(library.blobs.list_objects("media", "exports/"))
        for method in ("GET", "DELETE"):
            assert library.ask(url, role="admin", method=method).status_code == 404
        assert library.ask("/v1/exports", role="admin", method="POST").status_code == 202

    def test_one_that_is_ready_leads_to_its_archive_until_that_is_removed(self, tmp_path: Path) -> None:
        clock = ManualClock()
        ports = FakeApiPorts(clock=clock)
        file = tmp_path / "archive"
        file.write_bytes(b"PK")
        asked = new_export("ann", clock.now())
        archive = ports.blobs.put("media", archive_name(asked), file, "application/zip")
        ready = asked.completed(asked, archive, 1, clock.now())
        ports.documents.update(Export, ready.id, lambda _none: Edit(answer=None, document=ready), owner=None)
        headers = {"Authorization": "Bearer admin:ann"}
        ask = partial(Client(create_app(ports)).get, f"/v1/exports/{ready.id}", headers=headers)
        shown: Any = ask().json
        assert f"/media/{archive.name}?generation=" in shown["url"]
        assert shown["size_bytes"] == 2
        clock.advance(7 * 86400)
        gone: Any = ask().json
        assert gone["url"] is None
