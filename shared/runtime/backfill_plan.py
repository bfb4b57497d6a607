"""What a backfill would do, and the note of what it is to do."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import uuid4

from shared.domain.attempt import Attempt
from shared.domain.backfill import Backfill, PlannedReplay, Selection, owner_of_backfill
from shared.domain.change import Decision
from shared.domain.errors import ConfigurationError, PermanentError
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.video import Cost, Video
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore, Edit
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository

__all__ = ["BackfillPorts", "Preview", "begin", "noted", "preview"]

_PAGE: Final = 200
_SAMPLE: Final = 200
"""Videos whose timelines are read to tell what all of them will cost."""


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
        last_time: Stage -> those of them that had it, and what it cost them; no stage that none of them had.
    """

    videos: int
    refused: Mapping[str, int]
    sampled: int
    last_time: Mapping[str, Sequence[tuple[Video, Cost]]]

    @property
    def costs(self) -> Mapping[str, Cost]:
        """Stage -> what it cost last time, made out for all."""
        return {
            stage: _made_out([cost for _, cost in tried], self.videos) for stage, tried in self.last_time.items()
        }


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
    last_time = _last_time(ports, sample, from_stage)
    return Preview(videos=videos, refused=refused, sampled=len(sample), last_time=last_time)


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
    if backfill.planned is None:
        backfill = _plan(ports, selection, backfill)
    for one in _notes(ports, owner):  # of plans that were stopped, or that another one was ahead of
        if one.plan != backfill.plan and one.created_at <= backfill.created_at:
            ports.documents.delete(PlannedReplay, one.id, owner=owner)
    return backfill


def _plan(ports: BackfillPorts, selection: Selection, backfill: Backfill) -> Backfill:
    """Notes the videos, and returns the backfill as it is then: whoever has noted all of them first is followed.

    Others may plan it at the same time, and the first may have replayed videos before the last has looked at them.
    So nobody works on notes before their plan holds, and those of any other plan are void.
    """
    plan, count = uuid4().hex, 0
    for video, refusal in _selected(ports, selection, backfill.from_stage):
        if refusal:
            continue
        one = PlannedReplay(
            backfill=backfill.id, plan=plan, about=video.id, run=video.run, created_at=backfill.created_at
        )
        _keep(ports, one)
        count += 1
    planned = replace(backfill, planned=count, plan=plan)

    def decide(stored: Backfill | None) -> Edit[Backfill, Backfill]:
        if stored == backfill:
            return Edit(answer=planned, document=planned)
        if stored is not None and stored.created_at == backfill.created_at:
            return Edit(answer=stored)
        return Edit(answer=replace(backfill, planned=0))  # others have done all of it

    return ports.documents.update(Backfill, backfill.id, decide, owner=backfill.owner)


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


def noted(ports: BackfillPorts, backfill: Backfill) -> Iterator[PlannedReplay]:
    """Yields what is not done of a backfill, in the same order each time; what was yielded may be removed."""
    return (one for one in _notes(ports, backfill.owner) if one.plan == backfill.plan)


def _notes(ports: BackfillPorts, owner: str) -> Iterator[PlannedReplay]:
    before: str | None = None
    while page := ports.documents.owned(PlannedReplay, owner=owner, limit=_PAGE, before=before):
        yield from page
        before = page[-1].id


def _keep(ports: BackfillPorts, note: PlannedReplay) -> None:
    edit: Edit[PlannedReplay, None] = Edit(answer=None, document=note)
    ports.documents.update(PlannedReplay, note.id, lambda _stored: edit, owner=note.owner)


def _last_time(
    ports: BackfillPorts, sample: list[Video], from_stage: str
) -> Mapping[str, Sequence[tuple[Video, Cost]]]:
    """Returns stage -> the videos of a sample that had it, and what it cost them."""
    stages = ports.flow.stages[len(ports.flow.before(from_stage)) :]
    found: dict[str, list[tuple[Video, Cost]]] = {spec.stage: [] for spec in stages}
    for video in sample:
        for stage, attempt in _latest(ports.repository.attempts(video.id)).items():
            if stage in found:
                found[stage].append((video, attempt.cost))
    return {stage: tried for stage, tried in found.items() if tried}


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
