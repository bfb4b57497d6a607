"""Compare and set: what happens when commits fail, are not confirmed, meet each other or are too large."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core import exceptions

from infra.local.emulators import PROJECT
from shared.adapters.firestore import calls, commits
from shared.adapters.firestore.database import FirestoreDatabase
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.domain.change import Claim, Declined
from shared.domain.errors import ConfigurationError, LeaseLost, TransientError
from shared.domain.records import Record, SearchEntry, Segment, Tag
from shared.domain.video import Video
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import embedding, search_entry, shot, tag
from tests.firestore_traffic import Traffic, recorded_traffic

PASSING: list[Any] = [
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,
]

UNAVAILABLE: Exception = PASSING[5]("try again")


@pytest.fixture
def driver(firestore_repository: FirestoreVideoRepository) -> VideoDriver:
    return VideoDriver(firestore_repository)


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    return recorded_traffic(monkeypatch)


def failing(error: Exception, *, after_effect: bool) -> Callable[[Callable[[], Any]], Any]:
    """Returns what makes every commit but each third fail, before it does anything or after it was done."""
    tries = itertools.count(1)

    def send(commit: Callable[[], Any]) -> Any:
        if next(tries) % 3 == 0:
            return commit()
        if after_effect:
            commit()
        raise error

    return send


@pytest.mark.reliability("B18")
@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("after_effect", [True, False])
def test_a_commit_that_is_not_confirmed_is_done_once(
    driver: VideoDriver, traffic: Traffic, monkeypatch: pytest.MonkeyPatch, kind: Any, after_effect: bool
) -> None:
    monkeypatch.setattr(commits, "_FIRST_PAUSE_S", 0.0)
    traffic.on_commit = failing(kind("try again"), after_effect=after_effect)
    video = driver.finish(driver.upload(), {"tag": [tag("a")]})

    attempts = driver.repository.attempts(video.id)
    assert [(attempt.stage, attempt.outcome) for attempt in attempts] == [
        (spec.stage, "succeeded") for spec in driver.flow.stages
    ]
    assert video.last_token == len(driver.flow.stages), "a claim was granted twice"
    told = [driver.flow.registered_topic, *(spec.emits for spec in driver.flow.stages)]
    assert [event.type for event in driver.repository.outbox()] == told
    assert driver.repository.records(video, Tag) == [tag("a")]


@pytest.mark.reliability("B18")
def test_work_whose_commit_nobody_heard_of_is_neither_lost_nor_done_again(
    driver: VideoDriver, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit took place, but the store could not be reached afterwards to see it."""
    claim = driver.claim(driver.upload(), "ingest")
    monkeypatch.setattr(commits, "_GIVE_UP_AFTER_S", 0.0)
    monkeypatch.setattr(commits, "tries", lambda: iter([None]))
    traffic.on_commit = failing(UNAVAILABLE, after_effect=True)
    with pytest.raises(TransientError, match="store_unavailable"):
        driver.commit(claim, [tag("a")])
    traffic.on_commit = lambda commit: commit()

    redelivered = driver.try_claim(claim.video, "ingest")
    assert redelivered == Declined(reason="done")
    assert [event.type for event in driver.repository.outbox()] == ["video-registered", "video-ingested"]
    assert driver.repository.records(driver.video(claim.video.id), Tag) == [tag("a")]


@pytest.mark.reliability("B18")
def test_what_others_did_after_an_unconfirmed_commit_is_not_undone(driver: VideoDriver, traffic: Traffic) -> None:
    claim = driver.claim(driver.upload(), "ingest")

    def overtaken(commit: Callable[[], Any]) -> Any:
        traffic.on_commit = lambda commit: commit()
        commit()
        driver.claim(driver.video(claim.video.id), "transcode", "another")
        raise UNAVAILABLE

    traffic.on_commit = overtaken
    with pytest.raises(LeaseLost):
        driver.commit(claim)
    held = driver.video(claim.video.id)
    assert held.status == "ingested"
    assert held.lease is not None
    assert held.lease.worker == "another"


def test_a_store_that_takes_nothing_is_given_up(
    driver: VideoDriver, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "_GIVE_UP_AFTER_S", 0.1)
    traffic.on_commit = lambda commit: (_ for _ in ()).throw(UNAVAILABLE)

    with pytest.raises(TransientError, match="store_unavailable"):
        driver.upload()


@pytest.mark.parametrize("refusal", [exceptions.PermissionDenied, exceptions.Unauthenticated, exceptions.NotFound])
def test_a_refusal_is_the_deployments_fault(driver: VideoDriver, traffic: Traffic, refusal: Any) -> None:
    traffic.on_commit = failing(refusal("no"), after_effect=False)

    with pytest.raises(ConfigurationError, match="store_refused"):
        driver.upload()


def test_an_unreachable_store_is_a_passing_fault(
    firestore_repository: FirestoreVideoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setitem(calls.READING, "retry", calls.READING["retry"].with_timeout(0.2))

    with pytest.raises(TransientError, match="store_unavailable"):
        FirestoreVideoRepository(FirestoreDatabase(PROJECT, "unreachable")).get("any")


@pytest.mark.reliability("B3")
def test_of_many_workers_one_gets_the_lease(driver: VideoDriver) -> None:
    video = driver.upload()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: driver.try_claim(video, "ingest", f"worker {number}"), range(8)))

    assert sum(isinstance(answer, Claim) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Declined)} == {"busy"}
    assert len(driver.repository.attempts(video.id)) == 1


class TestLargeResults:
    RECORDS: tuple[Record, ...] = (
        *(shot(index, index, index + 1.0) for index in range(3)),
        tag("a"),
        search_entry("a word"),
        *(embedding(f"place {index}", (1.0, 0.0)) for index in range(20)),
    )

    @pytest.fixture(autouse=True)
    def small_commits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(commits, "_MAX_WRITES", 4)

    @pytest.fixture
    def claim(self, driver: VideoDriver) -> Claim:
        return driver.claim(driver.upload(), "ingest")

    def test_they_appear_all_at_once_though_the_lease_is_extended_meanwhile(
        self, driver: VideoDriver, traffic: Traffic, claim: Claim
    ) -> None:
        seen: list[int] = []
        beating: Iterator[None] = iter([None] * 3)

        def watched(commit: Callable[[], Any]) -> Any:
            answer = commit()
            if len(traffic.commits[-1]) == 4 and next(beating, 0) is None:
                seen.append(len(driver.repository.records(driver.video(claim.video.id), Segment)))
                beat = driver.lifecycle.heartbeat(claim, driver.clock.now(), LEASE_S, 0.9)
                driver.repository.update(claim.video.id, beat)
            return answer

        traffic.on_commit = watched
        video = driver.commit(claim, self.RECORDS)

        assert seen == [0, 0, 0]
        assert max(len(writes) for writes in traffic.commits) <= 4
        assert driver.repository.records(video, Segment) == list(self.RECORDS[:3])
        assert len(driver.repository.nearest((1.0, 0.0), model="test", limit=50)) == 20

    @pytest.mark.reliability("B26")
    def test_clearing_leaves_alone_what_an_attempt_has_stored_ahead(
        self, driver: VideoDriver, traffic: Traffic, claim: Claim
    ) -> None:
        before: Video = claim.video

        def cleared(commit: Callable[[], Any]) -> Any:
            answer = commit()
            if len(traffic.commits[-1]) == 4:
                driver.repository.prune(before)
            return answer

        traffic.on_commit = cleared
        video = driver.commit(claim, self.RECORDS)

        assert traffic.deletes == 0
        assert driver.repository.records(video, SearchEntry) == [search_entry("a word")]

    @pytest.mark.reliability("B7", "B10")
    def test_what_a_zombie_stored_is_never_seen_and_is_cleared(
        self, driver: VideoDriver, traffic: Traffic, claim: Claim
    ) -> None:
        def overtaken(commit: Callable[[], Any]) -> Any:
            traffic.on_commit = lambda commit: commit()
            driver.clock.advance(LEASE_S)
            driver.commit(driver.claim(claim.video, "ingest", "successor"), [tag("successor's")])
            return commit()

        traffic.on_commit = overtaken
        with pytest.raises(LeaseLost):
            driver.commit(claim, self.RECORDS)

        video = driver.video(claim.video.id)
        assert driver.repository.records(video, Segment) == []
        assert driver.repository.search("word") == []
        assert driver.repository.nearest((1.0, 0.0), model="test") == []
        driver.repository.prune(video)
        assert traffic.deletes == 1 + 1 + 1 + 20
        assert driver.repository.records(video, Tag) == [tag("successor's")]
