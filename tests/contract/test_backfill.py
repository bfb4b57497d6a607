"""A backfill begins one run of each video, whatever it is kept in and whenever it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import pytest

from shared.domain.attempt import Effort
from shared.domain.backfill import Backfill, PlannedReplay, Selection, owner_of_backfill
from shared.domain.errors import ConfigurationError, TransientError
from shared.domain.video import Cost, Video
from shared.ports.document_store import DocumentStore
from shared.ports.video_repository import VideoRepository
from shared.runtime.backfill import BackfillRun, Tally
from shared.runtime.backfill_plan import begin, preview
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.faults import Crash, FaultInjector
from shared.testing.video_repository import InMemoryVideoRepository

FAILED = Selection(status="failed")


@dataclass
class Deployment:
    """A deployment whose functions do their work while somebody waits."""

    repository: Any
    documents: Any
    fails: frozenset[str] = frozenset()
    most_under_way: int = 0

    def __post_init__(self) -> None:
        self.driver = VideoDriver(self.repository)
        self.clock, self.flow, self.lifecycle = self.driver.clock, self.driver.flow, self.driver.lifecycle
        self.bus: Any = InMemoryEventBus(self.flow)

    def failed(self, *owners: str, code: str = "model_refused") -> list[Video]:
        """Returns videos of owners that failed at analyze."""
        videos = [self.driver.upload(f"{owner}/{number}.mp4") for number, owner in enumerate(owners)]
        return [self._fail(video, code) for video in videos]

    def work(self, seconds: float) -> None:
        """Lets time pass, in which the functions finish one video."""
        self.clock.advance(seconds)
        if seconds < 1.0:  # it waits for its turn, not for them
            return
        waiting = [video for video in self.videos() if video.status == "segmented"]
        self.most_under_way = max(self.most_under_way, len(waiting))
        for video in waiting[:1]:
            if video.id in self.fails:
                self.driver.fail(self.driver.claim(video, "analyze"), "model_refused")
            else:
                self.driver.finish(video)

    def run(self, *, selection: Selection = FAILED, per_minute: float = 6000, at_most: int = 2) -> Tally:
        """Has the failed videos analyzed again."""
        begun = begin(self, selection, "analyze", "again")
        return BackfillRun(self, begun, per_minute=per_minute, at_most=at_most, pause=self.work).run()

    def videos(self) -> list[Video]:
        return list(self.repository.list_videos(limit=200).videos)

    def left(self) -> list[object]:
        owner = owner_of_backfill("again")
        return [*self.documents.owned(Backfill, owner=owner), *self.documents.owned(PlannedReplay, owner=owner)]

    def _fail(self, video: Video, code: str) -> Video:
        for stage in ("ingest", "transcode", "segment"):
            cost = Cost(cpu_s=10.0, wall_s=5.0)
            video = self.driver.commit(self.driver.claim(video, stage), effort=Effort(cost=cost))
        claim = self.driver.claim(video, "analyze")
        return self.driver.fail(claim, code)


STORES = pytest.mark.parametrize(
    ("repository", "document_store"),
    [(store, store) for store in ("fake", "sqlite", "postgresql", "firestore")],
    indirect=True,
)


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(InMemoryVideoRepository(), InMemoryDocumentStore())


@STORES
def test_each_gets_one_new_run_and_nothing_is_left_of_it(
    repository: VideoRepository, document_store: DocumentStore
) -> None:
    deployment = Deployment(repository, document_store)
    failed = deployment.failed("ann", "bob", "ann")
    ready = deployment.driver.finish(deployment.driver.upload("ann/ready.mp4"))
    waiting = deployment.driver.upload("ann/waiting.mp4")

    tally = deployment.run()

    assert (tally.left, tally.ready, tally.failed, tally.gone) == (0, 3, {}, 0)
    now = {video.id: video for video in deployment.videos()}
    assert [(now[video.id].run, now[video.id].status) for video in failed] == [(2, "ready")] * 3
    assert now[ready.id].run == now[waiting.id].run == 1
    assert deployment.left() == []
    told = [one.message.run for one in deployment.bus.published if one.topic == "video-segmented"]
    assert told.count(2) == 3


def test_only_those_that_were_asked_for(deployment: Deployment) -> None:
    deployment.failed("ann", "bob")
    deployment.driver.fail(deployment.driver.claim(deployment.driver.upload("ann/x.mp4"), "ingest"), "not_video")
    deployment.run(selection=Selection(status="failed", code="model_refused", owner="ann"))
    assert sorted((video.owner, video.run) for video in deployment.videos()) == [
        ("ann", 1),
        ("ann", 2),
        ("bob", 1),
    ]


def test_what_fails_again_is_not_tried_again(deployment: Deployment) -> None:
    first, second = deployment.failed("ann", "bob")
    deployment.fails = frozenset({first.id})
    tally = deployment.run()
    assert (tally.ready, tally.failed) == (1, {"model_refused": 1})
    assert [deployment.driver.video(video.id).run for video in (first, second)] == [2, 2]


def test_a_few_at_a_time_and_not_too_fast(deployment: Deployment) -> None:
    deployment.failed(*["ann"] * 7)
    deployment.run(at_most=3)
    assert deployment.most_under_way == 3
    before = deployment.clock.monotonic()
    deployment.run(selection=Selection(status="ready"), per_minute=2, at_most=100)
    assert deployment.clock.monotonic() - before >= 6 * 30
    assert [video.run for video in deployment.videos()] == [3] * 7


def test_a_preview_changes_nothing_and_says_what_it_cost(deployment: Deployment) -> None:
    deployment.failed("ann", "bob")
    early = deployment.driver.fail(deployment.driver.claim(deployment.driver.upload("ann/x.mp4"), "ingest"))
    before, attempts = deployment.videos(), deployment.repository.attempts(early.id)
    found = preview(deployment, FAILED, "segment")
    assert (found.videos, found.sampled) == (2, 2)
    (reason,) = found.refused
    assert "Replay from ingest" in reason
    assert found.costs["segment"] == Cost(cpu_s=20.0, wall_s=10.0)
    assert "tag" not in found.costs, "none came that far"
    assert deployment.videos() == before
    assert deployment.repository.attempts(early.id) == attempts
    assert deployment.left() == []
    assert preview(deployment, Selection(owner="nobody"), "segment").videos == 0


def test_a_video_deleted_meanwhile_is_told(deployment: Deployment) -> None:
    gone, _ = deployment.failed("ann", "bob")
    begun = begin(deployment, FAILED, "analyze", "again")
    deployment.driver.delete(gone)
    tally = BackfillRun(deployment, begun, per_minute=6000, at_most=2, pause=deployment.work).run()
    assert (tally.ready, tally.gone, tally.left) == (1, 1, 0)


def test_a_video_that_others_replayed_meanwhile_is_not_replayed_again(deployment: Deployment) -> None:
    videos = deployment.failed("ann", "bob")
    begun = begin(deployment, FAILED, "analyze", "again")
    deployment.driver.replay(videos[0], "analyze")
    BackfillRun(deployment, begun, per_minute=6000, at_most=2, pause=deployment.work).run()
    assert [video.run for video in deployment.videos()] == [2, 2]


def test_other_conditions_under_the_same_name_are_refused(deployment: Deployment) -> None:
    deployment.failed("ann")
    begin(deployment, FAILED, "analyze", "again")
    for selection, stage in ((Selection(), "analyze"), (FAILED, "tag")):
        with pytest.raises(ConfigurationError, match=r"status=failed from analyze"):
            begin(deployment, selection, stage, "again")


class Interrupting:
    """A store that has something else happen just before one of its calls."""

    def __init__(self, store: Any, call: int, meanwhile: Callable[[], None]) -> None:
        self._store, self._call, self._meanwhile, self.calls = store, call, meanwhile, 0

    def __getattr__(self, name: str) -> Any:
        if self.calls == self._call:
            self.calls += 1
            self._meanwhile()
        else:
            self.calls += 1
        return getattr(self._store, name)


@pytest.mark.reliability("B22")
@pytest.mark.parametrize("stopped_after", [1, None], ids=["one is done", "all are done"])
def test_begun_twice_at_once_each_has_one_new_run(stopped_after: int | None) -> None:
    for call in count():
        deployment = Deployment(InMemoryVideoRepository(), InMemoryDocumentStore())
        deployment.failed("ann", "bob", "ann")

        def other(deployment: Deployment = deployment) -> None:
            begun = begin(deployment, Selection(), "analyze", "again")
            pauses = count()

            def pause(seconds: float) -> None:
                if stopped_after is not None and next(pauses) > stopped_after:
                    raise Crash
                deployment.work(seconds)

            with suppress(Crash):
                BackfillRun(deployment, begun, per_minute=6000, at_most=2, pause=pause).run()

        slow = Deployment(deployment.repository, deployment.documents)
        slow.driver, slow.clock, slow.lifecycle = deployment.driver, deployment.clock, deployment.lifecycle
        slow.documents = documents = Interrupting(deployment.documents, call, other)
        begun = begin(slow, Selection(), "analyze", "again")
        if documents.calls <= call:
            assert call > 5
            return
        BackfillRun(deployment, begun, per_minute=6000, at_most=2, pause=deployment.work).run()

        states = [(video.run, video.status) for video in deployment.videos()]
        expected = 3 if call == 0 and stopped_after is None else 2  # one after the other is twice
        assert states == [(expected, "ready")] * 3, f"before call {call}"
        assert deployment.left() == []


def test_how_far_it_is_is_told(deployment: Deployment) -> None:
    deployment.failed("ann", "bob")
    told: list[tuple[int, int]] = []
    begun = begin(deployment, FAILED, "analyze", "again")

    def tell(tally: Tally) -> None:
        told.append((tally.left, tally.under_way))

    BackfillRun(deployment, begun, per_minute=6000, at_most=2, pause=deployment.work, tell=tell).run()
    assert told == [(2, 1), (2, 2), (1, 1), (0, 0)]


class TestStopped:
    """Killed before or after any call to a store or the bus, and begun again: each video has one new run."""

    @pytest.fixture
    def fresh(self) -> Callable[[], Deployment]:
        return lambda: Deployment(InMemoryVideoRepository(), InMemoryDocumentStore())

    @pytest.mark.reliability("B22", "B24")
    @pytest.mark.parametrize("fault", ["crash before", "crash after", "error", "error after effect", "raced"])
    def test_at_every_boundary(self, fresh: Callable[[], Deployment], fault: Any) -> None:
        for number in count():
            deployment = fresh()
            videos = deployment.failed("ann", "bob", "ann")
            injector = FaultInjector({number: fault}, partial(somebody_replays, deployment, videos))
            with suppress(Crash, TransientError):
                faulty(deployment, injector).run()
            deployment.run()
            for _ in videos:
                deployment.work(1.0)
            now = [deployment.driver.video(video.id) for video in videos]
            states = [(video.run, video.status) for video in now]
            assert states == [(2, "ready")] * 3, f"{fault} at {number} ({injector.reached[-1]})"
            assert deployment.left() == []
            if number >= len(injector.reached):
                assert number > 30
                return

    @STORES
    def test_killed_in_the_middle_on_every_store(
        self, repository: VideoRepository, document_store: DocumentStore
    ) -> None:
        deployment = Deployment(repository, document_store)
        videos = deployment.failed(*["ann"] * 5)
        pauses = iter(range(3))

        class Killed(BaseException):
            pass

        def work(seconds: float) -> None:
            if next(pauses, None) is None:
                raise Killed
            deployment.work(seconds)

        begun = begin(deployment, FAILED, "analyze", "again")
        with pytest.raises(Killed):
            BackfillRun(deployment, begun, per_minute=6000, at_most=2, pause=work).run()
        runs = [deployment.driver.video(video.id).run for video in videos]
        assert set(runs) == {1, 2}, "it was stopped in the middle"

        tally = deployment.run()
        assert 0 < tally.ready < len(videos)
        assert [deployment.driver.video(video.id).run for video in videos] == [2] * 5
        assert deployment.left() == []


def somebody_replays(deployment: Deployment, videos: list[Video], _fault: object) -> None:
    """Does what a second backfill, or a person, does at the same time."""
    for video in videos:
        if deployment.driver.video(video.id).run == 1:
            deployment.driver.replay(video, "analyze")


def faulty(deployment: Deployment, injector: FaultInjector) -> Deployment:
    """Returns the same deployment with every call of the command a boundary; the functions' are none."""
    steered = Deployment(deployment.repository, deployment.documents)
    steered.repository = injector.wrap(deployment.repository, "repository")
    steered.documents = injector.wrap(deployment.documents, "documents")
    steered.bus = injector.wrap(deployment.bus, "bus")
    steered.driver, steered.clock = deployment.driver, deployment.clock
    steered.work = deployment.work  # type: ignore[method-assign] # what the functions do is not what is interrupted
    return steered
