"""How a deployment does, in figures: reckoned from what its store has recorded, wherever that is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from shared.bootstrap import Bootstrap
from shared.domain.measures import StageMeasures, VideoMeasures, stage_measures, video_measures
from shared.domain.spending import day_pot
from shared.domain.status import FAILED, READY, REGISTERED
from shared.domain.video import Video
from shared.processors.allowance import committed_usd

__all__ = [
    "BudgetFigures",
    "Figures",
    "QueueFigures",
    "RunFigures",
    "Spread",
    "StageFigures",
    "WaitingFigures",
    "figures_of",
]

_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How values are spread, by the nearest rank; None where there are none.

    Attributes:
        p50: Half of them are at most this.
        p99: 99 % of them are at most this.
    """

    p50: float | None
    p99: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFigures:
    """Attempts at a stage.

    Attributes:
        stage: The stage.
        attempts: How many ended.
        outcomes: Outcome -> how many ended so.
        queued_s: Seconds that first attempts had waited when they began.
        wall_s: Seconds that those took that succeeded.
        realtime_factor: The same in lengths of the video.
        cpu_s: CPU-seconds a video, all attempts together.
        model_usd: US dollars a video that models cost at list price, all attempts together.
    """

    stage: str
    attempts: int
    outcomes: Mapping[str, int]
    queued_s: Spread
    wall_s: Spread
    realtime_factor: Spread
    cpu_s: float
    model_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """Videos whose last run ended ready or failed.

    Attributes:
        ready: How many are ready.
        failed: Error code -> how many failed with it, the most frequent first.
        failure_rate: Share of the videos that failed, 0..1; None when there are none.
        ready_s: Seconds from the beginning of their run until they were ready.
        cpu_s: CPU-seconds a video.
        model_usd: US dollars a video that models cost at list price.
    """

    ready: int
    failed: Mapping[str, int]
    failure_rate: float | None
    ready_s: Spread
    cpu_s: float
    model_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFigures:
    """Videos whose next stage is this one, now.

    Attributes:
        stage: The stage.
        waiting: How many nobody works on.
        running: How many somebody works on.
        oldest_s: Seconds that the one has waited that has waited longest; None when none does.
    """

    stage: str
    waiting: int
    running: int
    oldest_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """Messages for a function in the embedded bus, now, dead letters left out.

    Attributes:
        function: The function.
        messages: How many are not acknowledged.
        oldest_s: Seconds since the oldest of them was published.
    """

    function: str
    messages: int
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFigures:
    """What models that watch videos may cost in a day, by UTC.

    Attributes:
        day_usd: US dollars there are.
        committed_usd: US dollars that were spent today, or may be for videos that are being watched.
    """

    day_usd: float
    committed_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All of it.

    Attributes:
        since: What ended before this is left out.
        stages: Each stage, in their order.
        videos: The videos as a whole.
        waiting: What waits now, stage by stage.
        queues: What is in the embedded bus; empty where there is another.
        models: What models may cost today, and have; None where that is not limited.
    """

    since: datetime
    stages: tuple[StageFigures, ...]
    videos: RunFigures
    waiting: tuple[WaitingFigures, ...]
    queues: tuple[QueueFigures, ...]
    models: BudgetFigures | None


def figures_of(wiring: Bootstrap, since: datetime) -> Figures:
    """Reads everything that moved since then, and reckons; a query for each video's attempts."""
    repository = wiring.repository
    moved = list(takewhile(lambda video: video.updated_at >= since, _videos(wiring, latest_first=True)))
    ended = [
        stage_measures(video, attempt)
        for video in moved
        for attempt in repository.attempts(video.id)
        if attempt.ended_at is not None and attempt.ended_at >= since
    ]
    settled = [
        video_measures(video)
        for video in moved
        if video.status in {READY, FAILED} and video.status_at is not None and video.status_at >= since
    ]
    return Figures(
        since=since,
        stages=tuple(
            _stage(spec.stage, [each for each in ended if each.stage == spec.stage]) for spec in wiring.flow.stages
        ),
        videos=_runs(settled),
        waiting=tuple(_waiting(wiring)),
        queues=tuple(_queues(wiring)),
        models=_budget(wiring),
    )


def _budget(wiring: Bootstrap) -> BudgetFigures | None:
    limits = wiring.settings.budget
    if not limits.day_usd:
        return None
    used = committed_usd(day_pot(limits, wiring.clock.now()), wiring.documents)
    return BudgetFigures(day_usd=limits.day_usd, committed_usd=used)


def _videos(wiring: Bootstrap, *, status: str | None = None, latest_first: bool = False) -> Iterator[Video]:
    cursor: str | None = None
    while True:
        page = wiring.repository.list_videos(
            status=status, sort="-updated_at" if latest_first else "-created_at", limit=_PAGE, cursor=cursor
        )
        yield from page.videos
        cursor = page.next_cursor
        if cursor is None:
            return


def _stage(stage: str, ended: Sequence[StageMeasures]) -> StageFigures:
    succeeded = [each for each in ended if each.outcome == "succeeded"]
    videos = len({each.video_id for each in ended})
    return StageFigures(
        stage=stage,
        attempts=len(ended),
        outcomes=Counter(each.outcome for each in ended),
        queued_s=_spread(each.queued_s for each in ended),
        wall_s=_spread(each.wall_s for each in succeeded),
        realtime_factor=_spread(each.realtime_factor for each in succeeded),
        cpu_s=_share(sum(each.cpu_s for each in ended), videos),
        model_usd=_share(sum(each.model_usd for each in ended), videos),
    )


def _runs(settled: Sequence[VideoMeasures]) -> RunFigures:
    ready = [each for each in settled if each.status == READY]
    codes = Counter(each.code for each in settled if each.status == FAILED)
    return RunFigures(
        ready=len(ready),
        failed=dict(codes.most_common()),
        failure_rate=codes.total() / len(settled) if settled else None,
        ready_s=_spread(each.ready_s for each in ready),
        cpu_s=_share(sum(each.cpu_s for each in settled), len(settled)),
        model_usd=_share(sum(each.model_usd for each in settled), len(settled)),
    )


def _waiting(wiring: Bootstrap) -> Iterator[WaitingFigures]:
    now = wiring.clock.now()
    before = REGISTERED
    for spec in wiring.flow.stages:
        videos = list(_videos(wiring, status=before))
        running = [video for video in videos if video.lease is not None and video.lease.expires_at > now]
        since = [video.status_at or video.updated_at for video in videos if video not in running]
        yield WaitingFigures(
            stage=spec.stage,
            waiting=len(since),
            running=len(running),
            oldest_s=max((now - min(since)).total_seconds(), 0.0) if since else None,
        )
        before = spec.status


def _queues(wiring: Bootstrap) -> Iterator[QueueFigures]:
    if wiring.settings.platform == "local":
        now = wiring.clock.now()
        for backlog in wiring.local_bus.backlogs():
            oldest_s = max((now - backlog.oldest_at).total_seconds(), 0.0)
            yield QueueFigures(function=backlog.function, messages=backlog.messages, oldest_s=oldest_s)


def _spread(values: Iterable[float | None]) -> Spread:
    ranked = sorted(value for value in values if value is not None)
    return Spread(p50=_nearest_rank(ranked, 0.5), p99=_nearest_rank(ranked, 0.99))


def _nearest_rank(ranked: Sequence[float], share: float) -> float | None:
    return ranked[math.ceil(share * len(ranked)) - 1] if ranked else None


def _share(total: float, count: int) -> float:
    return total / count if count else 0.0
