"""What people say about videos, in every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.attempt import Effort
from shared.domain.change import Change
from shared.domain.records import Finding, SearchEntry, Tag
from shared.domain.video import Cost, Details, TagEdit, Video
from shared.ports.video_repository import VideoRepository
from shared.runtime.editing import edit_video
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import search_entry, tag

DETAILS = Details(
    title="Über die Alpen \U0001f3d4",
    description="Two\nlines",
    metadata={"album": "2026", "-": "a.b/c`", "0": "", "UPPER_case": "'; DROP TABLE videos; --"},
)
ADDED = TagEdit(label="deep snow", kind="topic", present=True, by="ann", start_s=1.0, end_s=2.0)
TAKEN_OFF = TagEdit(label="train", kind="topic", present=False, by="key:1")


def edit(driver: VideoDriver, video: Video, *edits: TagEdit, details: Details = DETAILS) -> Video:
    def change(seen: Video) -> Video:
        return replace(seen, details=details, tag_edits=edits)

    return edit_video(driver.repository, driver.lifecycle, driver.clock, video.id, change)


def tagged(driver: VideoDriver, name: str = "ann/clip.mp4") -> Video:
    return driver.finish(
        driver.upload(name), {"tag": [tag("train"), tag("night"), search_entry("train", source="tag")]}
    )


def test_what_is_said_comes_back_as_it_was(repository: VideoRepository, driver: VideoDriver) -> None:
    video = driver.upload()
    edited = edit(driver, video, ADDED, TAKEN_OFF)
    assert repository.get(video.id) == edited
    assert (edited.details, edited.tag_edits) == (DETAILS, (ADDED, TAKEN_OFF))
    assert edited.title == DETAILS.title
    assert repository.list_videos(owner="ann").videos == (edited,)


def test_records_and_search_follow_in_one_commit(repository: VideoRepository, driver: VideoDriver) -> None:
    video, other = tagged(driver), tagged(driver, "ann/other.mp4")
    edited = edit(driver, video, ADDED, TAKEN_OFF)
    assert edited == repository.get(video.id)
    assert [one.label for one in repository.records(edited, Tag)] == ["deep snow", "night"]
    assert {(hit.title, hit.text) for hit in repository.search("alpen")} == {(DETAILS.title, DETAILS.title)}
    assert {hit.video_id for hit in repository.search("train")} == {other.id}
    assert [hit.video_id for hit in repository.search("deep")] == [video.id]
    found = repository.related(owner="ann", labels=["train", "deep snow"], exclude="")
    assert {one.video_id: one.labels for one in found} == {video.id: ("deep snow",), other.id: ("train",)}

    undone = edit(driver, video, details=Details())
    assert repository.search("alpen") == []
    assert [one.label for one in repository.records(undone, Tag)] == ["night"]


def test_what_is_said_while_the_stage_runs_is_in_its_results(
    repository: VideoRepository, driver: VideoDriver
) -> None:
    video = driver.upload()
    while (spec := driver.flow.next_after_status(video.status)) is not None and spec.stage != "tag":
        video = driver.commit(driver.claim(video, spec.stage))
    claim = driver.claim(video, "tag")
    edit(driver, video, ADDED, TAKEN_OFF)
    # More than goes into one commit: some stores keep it first, and decide again.
    large = [
        Finding(
            name="text",
            modality="text",
            value="x" * 200_000,
            start_s=float(number),
            end_s=number + 1.0,
            confidence=1.0,
            producer="text",
            producer_version="1",
        )
        for number in range(20)
    ]
    done = driver.commit(claim, [tag("train"), tag("night"), *large])
    assert [one.label for one in repository.records(done, Tag)] == ["deep snow", "night"]
    assert len(repository.records(done, Finding)) == 20
    assert [hit.source for hit in repository.search("alpen")] == ["title"]

    again = edit(driver, done, TAKEN_OFF)
    assert [one.label for one in repository.records(again, Tag)] == ["night"]
    assert len(repository.records(again, Finding)) == 20
    repository.prune(again)
    assert len(repository.records(again, Finding)) == 20


def test_an_edit_of_what_has_changed_is_decided_anew(repository: VideoRepository, driver: VideoDriver) -> None:
    video = tagged(driver)
    seen: list[tuple[TagEdit, ...]] = []

    def change(now: Video) -> Video:
        if not seen:
            edit(driver, video, TAKEN_OFF)
        seen.append(now.tag_edits)
        return replace(now, tag_edits=(ADDED, *now.tag_edits))

    edited = edit_video(repository, driver.lifecycle, driver.clock, video.id, change)
    assert seen == [(), (TAKEN_OFF,)]
    assert [one.label for one in repository.records(edited, Tag)] == ["deep snow", "night"]
    assert edited.details == DETAILS
    repository.prune(edited)
    assert {one.source for one in repository.records(edited, SearchEntry)} == {"title", "description", "tag"}


@pytest.mark.reliability("B10")
def test_an_edit_takes_no_lease_away(repository: VideoRepository, driver: VideoDriver) -> None:
    video = driver.replay(tagged(driver), "analyze")
    claim = driver.claim(video, "analyze")
    edit(driver, video, ADDED)
    repository.update(video.id, driver.lifecycle.heartbeat(claim, driver.clock.now(), LEASE_S, 0.5))
    done = driver.finish(driver.commit(claim), {"tag": [tag("train")]})
    assert {one.label for one in repository.records(done, Tag)} == {"train"}, "the stage itself adds what it knew"
    assert done.tag_edits == (ADDED,)


def test_whatever_was_spent_is_added_up(repository: VideoRepository, driver: VideoDriver) -> None:
    video = driver.upload()
    one = Effort(cost=Cost(wall_s=1.0, model_calls=1, model_usd=0.5))
    now = driver.clock.now
    first = driver.claim(video, "ingest")
    repository.update(video.id, driver.lifecycle.release(first, now(), one, "retry", "busy", "Busy."))
    second = driver.claim(video, "ingest")
    repository.update(video.id, driver.lifecycle.withdraw(second, now(), one, "away", "Away."))
    lost = driver.claim(video, "ingest")
    repository.update(video.id, driver.lifecycle.heartbeat(lost, now(), LEASE_S, 0.5, one.cost))
    driver.clock.advance(LEASE_S)
    ingested = driver.commit(driver.claim(video, "ingest"), effort=one)
    assert ingested.spent == Cost(wall_s=4.0, model_calls=4, model_usd=2.0)

    running = driver.claim(ingested, "transcode")
    repository.update(video.id, driver.lifecycle.heartbeat(running, now(), LEASE_S, 0.5, one.cost))
    replayed = driver.replay(ingested)
    assert replayed.spent.wall_s == 5.0
    assert repository.get(video.id) == replayed
    spent = sum((attempt.cost for attempt in repository.attempts(video.id)), Cost())
    assert driver.delete(replayed).spent == spent


def test_what_firestore_was_given_ahead_is_given_anew(firestore_repository: VideoRepository) -> None:
    driver = VideoDriver(firestore_repository)
    video = driver.upload()
    while (spec := driver.flow.next_after_status(video.status)) is not None and spec.stage != "tag":
        video = driver.commit(driver.claim(video, spec.stage))
    claim = driver.claim(video, "tag")
    large = [search_entry(f"{number} " + "x" * 200_000) for number in range(20)]
    commit = driver.lifecycle.commit(claim, driver.clock.now(), Effort(), [*large, tag("train"), tag("night")])
    said = False

    def commit_while_somebody_speaks(stored: Video | None) -> Change[None]:
        nonlocal said
        decided = commit(stored)
        if not said:
            said = True
            edit(driver, video, ADDED, TAKEN_OFF)
        return decided

    firestore_repository.update(video.id, commit_while_somebody_speaks)
    done = driver.video(video.id)
    assert [one.label for one in firestore_repository.records(done, Tag)] == ["deep snow", "night"]
    assert len(firestore_repository.search("alpen")) == 1
    assert len(firestore_repository.records(done, SearchEntry)) == 20 + 5
