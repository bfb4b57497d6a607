"""Naming videos and correcting their tags, over the fakes and as the real entry point."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from functions.tag.stage import TagStage
from shared.domain.corrections import MAX_TAG_EDITS
from shared.domain.records import SearchEntry, Tag
from shared.domain.video import TagEdit, Video
from shared.processors.tagger import Tagger, TaggingInput
from shared.runtime.editing import edit_video
from shared.runtime.leftovers import clear_leftovers
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, search_entry, tag, upload
from tests.functional.library import Library
from tests.unit.functions.tag.found import text

NO_PORTS: Any = None


class Snowy(Tagger):
    """Finds snow and ice in everything."""

    name = "snowy"
    version = "1"

    def tag(self, video: TaggingInput) -> list[Tag]:
        return [tag("snow"), tag("ice")]


def change(library: Library, url: str, method: str = "PATCH", status: int = 200, **sent: Any) -> TestResponse:
    response = library.ask(url, role="editor", method=method, **sent)
    assert response.status_code == status, response.text
    return response


def labels(library: Library, video: Video) -> list[str]:
    return [tag["label"] for tag in library.get(f"/v1/videos/{video.id}/tags")["tags"]]


def found(library: Library, words: str) -> set[tuple[str, str, str]]:
    hits = library.get(f"/v1/search?q={words}")["hits"]
    return {(hit["title"], hit["source"], hit["text"]) for hit in hits}


class TestDetails:
    def test_what_is_not_named_stays_and_null_removes(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        first = {
            "title": "Night trains",
            "description": "To the\nsea",
            "metadata": {"album": "2026", "mood": "calm"},
        }
        change(library, url, json=first)
        shown = library.get(url)
        assert {name: shown[name] for name in first} == first

        change(library, url, json={"metadata": {"mood": None, "place": "Brig"}})
        assert library.get(url)["metadata"] == {"album": "2026", "place": "Brig"}
        merge_patch = {"Content-Type": "application/merge-patch+json"}
        answer: Any = change(library, url, data=b'{"title": null, "metadata": null}', headers=merge_patch).json
        assert (answer["title"], answer["description"], answer["metadata"]) == ("clip.mp4", "To the\nsea", {})

    def test_a_title_is_found_and_shown_wherever_the_video_is(self, library: Library) -> None:
        video = library.add_finished()
        change(library, f"/v1/videos/{video.id}", json={"title": "Over the Alps", "description": "A lake"})
        assert found(library, "alps") == {("Over the Alps", "title", "Over the Alps")}
        assert found(library, "lake") == {("Over the Alps", "description", "A lake")}
        assert {hit[0] for hit in found(library, "train")} == {"Over the Alps"}
        other = library.add_finished("ann/other.mp4")
        (related,) = library.get(f"/v1/videos/{other.id}/related")["related"]
        assert (related["id"], related["title"], related["duration_s"]) == (video.id, "Over the Alps", 10.0)
        assert related["kind"] == "video"
        assert related["reason"] == "Both are about: train"
        assert related["poster_url"].startswith("/media/")
        assert related["preview_url"].startswith("/media/")

        change(library, f"/v1/videos/{video.id}", json={"title": "Under the Alps", "description": None})
        assert found(library, "over") == set()
        assert found(library, "lake") == set()
        assert found(library, "alps") == {("Under the Alps", "title", "Under the Alps")}

    def test_a_title_that_comes_before_the_tags_is_found_once_they_are_there(self, library: Library) -> None:
        video = library.driver.upload()
        change(library, f"/v1/videos/{video.id}", json={"title": "Over the Alps"})
        claims = library.driver
        while (spec := claims.flow.next_after_status(video.status)) is not None and spec.stage != "tag":
            video = library.store(video, spec.stage)
        claim = claims.claim(video, "tag")
        change(library, f"/v1/videos/{video.id}", json={"title": "Under the Alps"})
        claims.commit(claim, [search_entry("Over the Alps", source="title", end_s=10.0), tag("train")])
        assert {hit[1:] for hit in found(library, "alps")} == {("title", "Under the Alps")}

    @pytest.mark.reliability("A25")
    def test_markup_is_taken_out(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        hostile = {"title": "A <img src=x onerror=alert(1)>B", "description": "<script>x</script>1 < 2\n<b>c"}
        change(library, url, json=hostile)
        shown = library.get(url)
        assert (shown["title"], shown["description"]) == ("A B", "1 < 2\nc")
        change(library, f"{url}/tags/%3Cb%3ESnow%3C%2Fb%3E", "PUT", json={})
        assert "snow" in labels(library, library.driver.video(shown["id"]))

    def test_only_editors_may(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        for method, path in (("PATCH", ""), ("PUT", "/tags/snow"), ("DELETE", "/tags/train"), ("POST", "/replay")):
            assert library.ask(f"{url}{path}", method=method, json={}).status_code == 403
            somebody = library.ask(f"{url}{path}", method=method, json={}, owner="ben", role="admin")
            assert somebody.status_code == 404


class TestTags:
    def test_a_tag_is_taken_off_everywhere(self, library: Library) -> None:
        video, other = library.add_finished(), library.add_finished("ann/other.mp4")
        change(library, f"/v1/videos/{video.id}/tags/train", "DELETE")
        assert labels(library, video) == []
        assert {hit[1] for hit in found(library, "train")} == {"text"}, "it can still be read in the picture"
        assert library.get(f"/v1/videos/{video.id}/related")["related"] == []
        assert library.get(f"/v1/videos/{other.id}/related")["related"] == []
        change(library, f"/v1/videos/{video.id}/tags/train", "DELETE", 404)

    def test_a_tag_is_added_everywhere(self, library: Library) -> None:
        video, other = library.add_finished(), library.add_finished("ann/other.mp4")
        for one in (video, other):
            change(library, f"/v1/videos/{one.id}/tags/Deep%20Snow", "PUT", json={"start_s": 2, "end_s": 4})
        tags = {one["label"]: one for one in library.get(f"/v1/videos/{video.id}/tags")["tags"]}
        added = tags["deep snow"]
        assert (added["kind"], added["confidence"], added["producer"]) == ("topic", 1.0, "person")
        (evidence,) = added["evidence"]
        assert (evidence["start_s"], evidence["end_s"]) == (2.0, 4.0)
        assert evidence["quote"] == "added by a person"
        hit, _ = library.get("/v1/search?q=snow")["hits"]
        assert (hit["source"], hit["text"], hit["start_s"]) == ("tag", "deep snow", 2.0)
        (related,) = library.get(f"/v1/videos/{video.id}/related")["related"]
        assert "deep snow" in related["reason"]

    def test_a_tag_that_was_found_is_confirmed_with_its_evidence(self, library: Library) -> None:
        video = library.add_finished()
        change(library, f"/v1/videos/{video.id}/tags/train", "PUT")
        change(library, f"/v1/videos/{video.id}/tags/train", "PUT", json={"kind": "category"})
        (confirmed,) = library.get(f"/v1/videos/{video.id}/tags")["tags"]
        assert (confirmed["kind"], confirmed["confidence"]) == ("category", 1.0)
        assert [evidence["producer"] for evidence in confirmed["evidence"]] == ["rapidocr", "person"]

    def test_a_place_that_is_not_in_the_video_is_refused(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}/tags/snow"
        for place in ({"start_s": 10.0}, {"start_s": 4, "end_s": 4}, {"end_s": 10.5}):
            assert change(library, url, "PUT", 409, json=place).json["code"] == "not_in_the_video"  # type: ignore[index]
        change(library, url, "PUT", 422, json={"start_s": -1})
        change(library, url, "PUT", 422, json={"kind": "mood"})
        change(library, url[:-4] + "%20%07", "PUT", 404, json={})
        change(library, url + "x" * 80, "PUT", 404, json={})

    def test_corrections_outlive_a_replay(self, library: Library, tmp_path: Path) -> None:
        video = library.add_finished()
        url = f"/v1/videos/{video.id}"
        change(library, f"{url}/tags/trains", "PUT", json={})
        change(library, f"{url}/tags/snow", "PUT", json={"start_s": 1, "end_s": 2})
        change(library, f"{url}/tags/snow", "DELETE")
        assert sorted(labels(library, video)) == ["train", "trains"]
        answer: Any = change(library, f"{url}/replay", "POST", 202, json={"from": "tag"}).json
        assert (answer["status"], answer["run"]) == ("analyzed", 2)
        assert labels(library, video) == ["trains"], "what a person said is known before anything is found"

        driver = library.driver
        claim = driver.claim(driver.video(video.id), "tag")
        context = FakeStageContext(
            folder=tmp_path,
            media=media_info(),
            inputs=(text("snow and ice and train"),),
            tag_edits=claim.video.tag_edits,
        )
        outcome = TagStage([Snowy(NO_PORTS)]).run(context)
        assert {one.label for one in outcome.records if isinstance(one, Tag)} == {"trains", "ice"}
        change(library, f"{url}/tags/winter", "PUT", json={})
        driver.commit(claim, outcome.records)
        assert labels(library, video) == ["trains", "winter", "ice"]
        entries = driver.repository.records(driver.video(video.id), SearchEntry)
        assert {one.text for one in entries if one.source == "tag"} == {"trains", "winter", "ice"}

    def test_there_is_an_end_to_corrections(self, library: Library) -> None:
        video = library.driver.upload()
        labels = [f"label {number:03}" for number in range(MAX_TAG_EDITS)]
        edits = tuple(TagEdit(label=label, kind="topic", present=True, by="ann") for label in labels)
        decide = library.driver.lifecycle.edit(video, video.details, edits, library.driver.clock.now())
        library.driver.repository.update(video.id, decide)
        url = f"/v1/videos/{video.id}/tags"
        assert change(library, f"{url}/more", "PUT", 409, json={}).json["code"] == "too_many_tag_edits"  # type: ignore[index]
        change(library, f"{url}/label%20007", "DELETE")

    def test_labels_with_slashes_are_labels(self, library: Library) -> None:
        video = library.add_finished()
        change(library, f"/v1/videos/{video.id}/tags/Travel%20%2F%20Rail", "PUT", json={"kind": "category"})
        assert "travel / rail" in labels(library, video)


class TestPreconditions:
    def test_whoever_is_too_late_is_told(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        etag = library.ask(url).headers["ETag"]
        after = change(library, url, json={"title": "First"}, headers={"If-Match": etag}).headers["ETag"]
        late = {"If-Match": etag}
        for method, path in (("PATCH", ""), ("PUT", "/tags/snow"), ("DELETE", "/tags/train"), ("DELETE", "")):
            problem: Any = change(library, f"{url}{path}", method, 412, json={}, headers=late).json
            assert problem["code"] == "precondition_failed"
        assert library.get(url)["title"] == "First"
        change(library, url, json={"title": "Second"}, headers={"If-Match": f'"other", {after}'})
        change(library, url, json={"title": "Third"}, headers={"If-Match": "*"})
        for nothing in ('W/"x"', "", '"', '""', ",", 'W/"F", "t8\\/se", ""', f"W/{after}"):
            change(library, url, "DELETE", 412, headers={"If-Match": nothing})

    def test_what_the_pipeline_does_is_nobodys_change(self, library: Library) -> None:
        video = library.driver.upload()
        url = f"/v1/videos/{video.id}"
        etag = library.ask(url).headers["ETag"]
        library.driver.claim(video, "ingest")
        assert library.ask(url).headers["ETag"] != etag
        change(library, url, json={"title": "Named meanwhile"}, headers={"If-Match": etag})

    def test_tags_and_the_video_share_their_revision(self, library: Library) -> None:
        url = f"/v1/videos/{library.add_finished().id}"
        seen = library.ask(f"{url}/tags", headers={"Accept-Encoding": "gzip"}).headers["ETag"]
        kept = change(library, f"{url}/tags/snow", "PUT", json={}, headers={"If-Match": seen})
        assert library.ask(f"{url}/tags").headers["ETag"] == kept.headers["ETag"]
        change(library, url, "PATCH", 412, json={"title": "x"}, headers={"If-Match": seen})


class TestConcurrency:
    def test_two_edits_at_the_same_moment_both_count(self, library: Library) -> None:
        video, driver = library.add_finished(), library.driver
        others = iter(["snow", "ice"])

        def slow(seen: Video) -> Video:
            if (label := next(others, None)) is not None:
                change(library, f"/v1/videos/{video.id}/tags/{label}", "PUT", json={})
            return titled(seen, "Slow")

        edit_video(driver.repository, driver.lifecycle, driver.clock, video.id, slow)
        assert sorted(labels(library, video)) == ["ice", "snow", "train"]
        assert {hit[0] for hit in found(library, "slow")} == {"Slow"}

    def test_the_result_sets_of_before_are_left_over(self, library: Library) -> None:
        video, driver = library.add_finished(), library.driver
        driver.repository.update(video.id, driver.lifecycle.mark_swept(video))
        change(library, f"/v1/videos/{video.id}/tags/snow", "PUT", json={})
        edited = driver.video(video.id)
        assert edited.last_token == video.last_token + 1
        assert [one.id for one in driver.repository.unswept()] == [video.id]
        clear_leftovers(driver.repository, library.blobs, edited, "media")
        assert driver.repository.records(video, Tag) == []
        assert labels(library, video) == ["snow", "train"]
        assert library.get(f"/v1/videos/{video.id}/renditions")["renditions"]
        again = driver.claim(driver.replay(edited, "tag"), "tag")
        assert again.lease.token == edited.last_token + 1


def titled(video: Video, title: str) -> Video:
    return replace(video, details=replace(video.details, title=title))


class TestLabels:
    def test_what_people_say_comes_out_as_labels(self, library: Library) -> None:
        video, other = library.add_finished(), library.add_finished("ann/other.mp4")
        library.add_finished("ben/his.mp4")
        url = f"/v1/videos/{video.id}/tags"
        change(library, f"{url}/train", "DELETE")
        change(library, f"{url}/snow", "PUT", json={"start_s": 2, "end_s": 4})
        change(library, f"/v1/videos/{other.id}/tags/train", "PUT", json={})
        answer = library.get("/v1/labels")
        assert answer["next_cursor"] is None
        confirmed, added, rejected = answer["labels"]

        assert (confirmed["video_id"], confirmed["label"], confirmed["verdict"]) == (
            other.id,
            "train",
            "confirmed",
        )
        assert (rejected["video_id"], rejected["label"], rejected["verdict"]) == (video.id, "train", "rejected")
        for judged in (confirmed, rejected):
            assert judged["producer"] == "keywords"
            (evidence,) = judged["evidence"]
            assert evidence["producer"] == "rapidocr"
            assert judged["confidence"] == 0.8
            assert judged["at"].startswith("20")
        assert (added["label"], added["verdict"], added["evidence"]) == ("snow", "added", [])
        assert added["spans"] == [{"start_s": 2.0, "end_s": 4.0}]
        assert (added["confidence"], added["producer"]) == (None, "")
        assert {one["by"] for one in answer["labels"]} == {rejected["by"]}

    def test_a_judgement_is_about_what_was_found_however_often_it_changes(self, library: Library) -> None:
        video = library.add_finished()
        url = f"/v1/videos/{video.id}/tags/train"
        for method in ("PUT", "DELETE", "PUT", "DELETE"):
            change(library, url, method, json={})
            if method == "PUT":
                continue
            (label,) = library.get("/v1/labels")["labels"]
            assert (label["verdict"], label["evidence"][0]["producer"]) == ("rejected", "rapidocr")

    def test_who_says_it_again_has_not_said_it_later(self, library: Library) -> None:
        video, clock = library.add_finished(), library.driver.clock
        url = f"/v1/videos/{video.id}/tags/snow"
        change(library, url, "PUT", json={})
        said = library.get("/v1/labels")
        clock.advance(60)
        change(library, url, "PUT", json={})
        assert library.get("/v1/labels") == said

    def test_pages_are_by_videos(self, library: Library) -> None:
        for name in ("ann/a.mp4", "ann/b.mp4", "ann/c.mp4"):
            video = library.add_finished(name)
            change(library, f"/v1/videos/{video.id}/tags/snow", "PUT", json={})
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = library.get(f"/v1/labels?limit=1{cursor and '&cursor='}{cursor}")
            seen += [label["video_id"] for label in page["labels"]]
            cursor = page["next_cursor"]
        assert len(set(seen)) == 3


class TestSurvival:
    @pytest.mark.parametrize("stage", ["ingest", "transcode", "segment", "analyze", "tag"])
    def test_corrections_outlive_a_replay_from_every_stage(
        self, library: Library, tmp_path: Path, stage: str
    ) -> None:
        video = library.add_finished()
        corrected(library, video)
        change(library, f"/v1/videos/{video.id}/replay", "POST", 202, json={"from": stage})
        finish_with_tags(library, video.id, tmp_path)
        assert labels(library, video) == ["trains", "ice"]
        assert [label["verdict"] for label in library.get("/v1/labels")["labels"]] == [
            "rejected",
            "rejected",
            "added",
        ]

    def test_corrections_outlive_a_new_file(self, library: Library, tmp_path: Path) -> None:
        video = library.add_finished()
        corrected(library, video)
        library.driver.register(upload("ann/clip.mp4", generation=2))
        finish_with_tags(library, video.id, tmp_path)
        assert labels(library, video) == ["trains", "ice"]
        assert {label["generation"] for label in library.get("/v1/labels")["labels"]} == {2}


def corrected(library: Library, video: Video) -> None:
    """Has a person add a tag, and take two off: one that was found and one that will be."""
    change(library, f"/v1/videos/{video.id}/tags/trains", "PUT", json={})
    change(library, f"/v1/videos/{video.id}/tags/train", "DELETE")
    change(library, f"/v1/videos/{video.id}/tags/snow", "PUT", json={})
    change(library, f"/v1/videos/{video.id}/tags/snow", "DELETE")


def finish_with_tags(library: Library, video_id: str, folder: Path) -> None:
    """Takes a video through what is left to do, with a tagger that finds what was corrected."""
    driver = library.driver
    while (video := driver.video(video_id)).status != "ready":
        spec = driver.flow.next_after_status(video.status)
        assert spec is not None
        claim = driver.claim(video, spec.stage)
        records: Any = ()
        if spec.stage == "tag":
            known = text("snow and ice and train")
            context = FakeStageContext(
                folder, media=media_info(), inputs=(known,), tag_edits=claim.video.tag_edits
            )
            records = TagStage([Snowy(NO_PORTS)]).run(context).records
        driver.commit(claim, records)
