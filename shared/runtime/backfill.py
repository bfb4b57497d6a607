"""Having many videos processed again: each once, not too many at a time, and on from wherever it was stopped."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from shared.domain.attempt import Attempt
from shared.domain.backfill import Backfill, PlannedReplay, Selection, owner_of_backfill
from shared.domain.change import Change, Decision
from shared.domain.errors import ConfigurationError, NotFound, PermanentError
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.status import TERMINAL
from shared.domain.video import Cost, Video
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore, Edit
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository
from shared.runtime.outbox import publish_outbox

__all__ = ["BackfillPorts", "BackfillRun", "Preview", "Tally", "begin", "preview"]

_PAGE: Final = 200
_SAMPLE: Final = 200
"""Videos whose timelines are read to tell what all of them will cost."""

_LOOK_EVERY_S: Final = 1.0


class BackfillPorts(Protocol):
    """What a backfill needs."""

    @property
    def flow(self) -> Flow: ...

    @property
    def lifecycle(self) -> Lifecycle: ...

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a backfill would do.

    Attributes:
        videos: How many videos would be processed again.
        refused: Why others that were selected can't begin at that stage -> how many.
        sampled: How many videos the costs are taken from.
        costs: Stage -> what it cost these videos last time, made out for all; no stage that none of them had.
    """

    videos: int
    refused: Mapping[str, int]
    sampled: int
    costs: Mapping[str, Cost]


@dataclass(slots=True, kw_only=True)
class Tally:
    """How far it is.

    Attributes:
        left: Videos that are not done.
        under_way: Those of them that are being processed.
        ready: Videos that became ready since this was started.
        failed: Code -> videos that failed with it.
        gone: Videos that were deleted before they were done.
        refused: Why others could not begin -> how many.
    """

    left: int
    under_way: int = 0
    ready: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    gone: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def preview(ports: BackfillPorts, selection: Selection, from_stage: str) -> Preview:
    """Returns what a backfill would do, and changes nothing.

    Args:
        ports: What it works with.
        selection: Which videos.
        from_stage: The stage from which on they would be processed.
    """
    refused: Counter[str] = Counter()
    sample: list[Video] = []
    videos = 0
    chance = random.Random(0)  # noqa: S311 - which videos are looked at is no secret, and the same each time
    for video, refusal in _selected(ports, selection, from_stage):
        if refusal:
            refused[refusal] += 1
            continue
        videos += 1
        if len(sample) < _SAMPLE:
            sample.append(video)
        elif (place := chance.randrange(videos)) < _SAMPLE:
            sample[place] = video
    costs = _costs(ports, sample, from_stage, videos)
    return Preview(videos=videos, refused=refused, sampled=len(sample), costs=costs)


def begin(ports: BackfillPorts, selection: Selection, from_stage: str, name: str) -> Backfill:
    """Notes which videos are to be processed again, each with the run that it has; the ones noted before stay.

    Args:
        ports: What it works with.
        selection: Which videos.
        from_stage: The stage from which on.
        name: The backfill's name.

    Raises:
        ConfigurationError: ``backfill_differs``: one of that name is under way with other conditions.
    """
    owner = owner_of_backfill(name)
    wanted = Backfill(id=name, from_stage=from_stage, where=selection.described(), created_at=ports.clock.now())

    def decide(stored: Backfill | None) -> Edit[Backfill, Backfill]:
        if stored is None:
            return Edit(answer=wanted, document=wanted)
        if (stored.from_stage, stored.where) != (wanted.from_stage, wanted.where):
            conditions = " ".join(f"{name}={value}" for name, value in stored.where.items())
            raise ConfigurationError(
                "backfill_differs",
                f"A backfill {name!r} is under way for {conditions or 'all videos'} from {stored.from_stage}. "
                "Finish that one, or choose another name.",
            )
        return Edit(answer=stored)

    backfill = ports.documents.update(Backfill, name, decide, owner=owner)
    if backfill.planned is not None:
        return backfill
    for noted in _noted(ports, name):  # by one that was stopped before it had noted all; nothing has begun yet
        ports.documents.delete(PlannedReplay, noted.id, owner=owner)
    count = 0
    for video, refusal in _selected(ports, selection, from_stage):
        if refusal:
            continue
        one = PlannedReplay(backfill=name, about=video.id, run=video.run, created_at=backfill.created_at)
        _keep(ports, one)
        count += 1
    planned = replace(backfill, planned=count)
    _keep(ports, planned)
    return planned


class BackfillRun:
    """One life of a backfill, which may be one of several; a later one goes on where it was stopped.

    A video is replayed if it still has the run that was noted. That is looked at in the transaction which begins
    the next run, so whoever is stopped after it, or works beside it, does not begin another one.

    Args:
        ports: What it works with.
        backfill: What begin() returned.
        per_minute: Videos that are begun in a minute, at most.
        at_most: Videos that are under way at a time.
        pause: Waits for so many seconds, or for less.
        tell: Told how far it is, whenever that changes.
    """

    def __init__(
        self,
        ports: BackfillPorts,
        backfill: Backfill,
        *,
        per_minute: float,
        at_most: int,
        pause: Callable[[float], None],
        tell: Callable[[Tally], None] = lambda _tally: None,
    ) -> None:
        self._ports = ports
        self._backfill = backfill
        self._interval_s = 60.0 / per_minute
        self._at_most = at_most
        self._pause = pause
        self._tell = tell
        self._next_s = ports.clock.monotonic()
        self._under_way: list[PlannedReplay] = []
        self.tally = Tally(left=sum(1 for _ in _noted(ports, backfill.id)))

    def run(self) -> Tally:
        """Has the videos processed, and returns once all of them are done; what it says then is final."""
        for planned in _noted(self._ports, self._backfill.id):
            self._wait_for_room(self._at_most)
            self._begin(planned)
        self._wait_for_room(1)
        self._ports.documents.delete(Backfill, self._backfill.id, owner=self._backfill.owner)
        return self.tally

    def _begin(self, planned: PlannedReplay) -> None:
        video = self._ports.repository.get(planned.about)
        if video is not None and video.run == planned.run:
            self._wait_for_turn()
            try:
                self._ports.repository.update(video.id, self._replaying(planned))
            except NotFound:
                pass  # deleted just now, as is found out below
            except PermanentError as error:
                self.tally.refused[error.detail] += 1
                self._done(planned)
                return
            publish_outbox(self._ports.repository, self._ports.bus, video_id=planned.about)
        self._under_way.append(planned)
        self._told()

    def _replaying(self, planned: PlannedReplay) -> Decision[Video | None]:
        replay = self._ports.lifecycle.replay(self._ports.clock.now(), self._backfill.from_stage)

        def decide(video: Video | None) -> Change[Video | None]:
            if video is not None and video.run != planned.run:
                return Change(answer=None)
            return replay(video)

        return decide

    def _wait_for_turn(self) -> None:
        clock = self._ports.clock
        while (wait_s := self._next_s - clock.monotonic()) > 0:
            self._pause(min(wait_s, _LOOK_EVERY_S))
            self._look()
        self._next_s = clock.monotonic() + self._interval_s

    def _wait_for_room(self, at_most: int) -> None:
        """Waits until fewer than so many videos are under way."""
        while len(self._under_way) >= at_most:
            self._pause(_LOOK_EVERY_S)
            self._look()

    def _look(self) -> None:
        for planned in list(self._under_way):
            video = self._ports.repository.get(planned.about)
            if video is not None and video.status not in TERMINAL:
                continue
            self._under_way.remove(planned)
            if video is None:
                self.tally.gone += 1
            elif video.failure is not None:
                self.tally.failed[video.failure.code] += 1
            else:
                self.tally.ready += 1
            self._done(planned)

    def _done(self, planned: PlannedReplay) -> None:
        self._ports.documents.delete(PlannedReplay, planned.id, owner=planned.owner)
        self.tally.left -= 1
        self._told()

    def _told(self) -> None:
        self.tally.under_way = len(self._under_way)
        self._tell(self.tally)


def _selected(ports: BackfillPorts, selection: Selection, from_stage: str) -> Iterator[tuple[Video, str]]:
    """Yields the videos of a selection, oldest first, each with why it can't begin at a stage; empty if it can."""
    cursor: str | None = None
    replay = ports.lifecycle.replay(ports.clock.now(), from_stage)
    while True:
        page = ports.repository.list_videos(
            owner=selection.owner,
            status=selection.status,
            sort="created_at",
            created_after=selection.after,
            created_before=selection.before,
            limit=_PAGE,
            cursor=cursor,
        )
        yield from ((video, _refusal(replay, video)) for video in page.videos if selection.includes(video))
        cursor = page.next_cursor
        if cursor is None:
            return


def _refusal(replay: Decision[Video], video: Video) -> str:
    try:
        replay(video)
    except PermanentError as error:
        return error.detail
    return ""


def _noted(ports: BackfillPorts, name: str) -> Iterator[PlannedReplay]:
    """Yields what is not done of a backfill, in the same order each time; what was yielded may be removed."""
    before: str | None = None
    owner = owner_of_backfill(name)
    while page := ports.documents.owned(PlannedReplay, owner=owner, limit=_PAGE, before=before):
        yield from page
        before = page[-1].id


def _keep(ports: BackfillPorts, document: Backfill | PlannedReplay) -> None:
    edit: Edit[Backfill | PlannedReplay, None] = Edit(answer=None, document=document)
    ports.documents.update(type(document), document.id, lambda _stored: edit, owner=document.owner)


def _costs(ports: BackfillPorts, sample: list[Video], from_stage: str, videos: int) -> Mapping[str, Cost]:
    """Returns stage -> what it will cost all videos, as far as some of them tell."""
    stages = ports.flow.stages[len(ports.flow.before(from_stage)) :]
    found: dict[str, list[Cost]] = {spec.stage: [] for spec in stages}
    for video in sample:
        for stage, attempt in _latest(ports.repository.attempts(video.id)).items():
            if stage in found:
                found[stage].append(attempt.cost)
    return {stage: _made_out(costs, videos) for stage, costs in found.items() if costs}


def _latest(attempts: Iterable[Attempt]) -> Mapping[str, Attempt]:
    """Returns stage -> its last attempt that succeeded; where none did, its last one."""
    latest: dict[str, Attempt] = {}
    for attempt in attempts:
        known = latest.get(attempt.stage)
        if known is None or known.outcome != "succeeded" or attempt.outcome == "succeeded":
            latest[attempt.stage] = attempt
    return latest


def _made_out(costs: list[Cost], videos: int) -> Cost:
    share = videos / len(costs)
    return Cost(
        wall_s=sum(cost.wall_s for cost in costs) * share,
        cpu_s=sum(cost.cpu_s for cost in costs) * share,
        model_usd=sum(cost.model_usd for cost in costs) * share,
    )
