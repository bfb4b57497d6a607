"""Telling of every attempt that ends and every video that settles, in the log and in traces, whoever ends it.

Workers end attempts, but so do sweep, people who delete or replay, and hosts that start again. What they have in
common is a change of the video, so that is where it is noticed: once it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, replace
from typing import Any, TypeVar, cast

from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.measures import StageMeasures, VideoMeasures, stage_measures, video_measures
from shared.domain.spans import SpanRef, attempt_span, run_span, span_of_run
from shared.domain.status import FAILED, READY
from shared.domain.video import Video
from shared.logs import bound_fields, logger
from shared.ports.span_exporter import SpanExporter
from shared.ports.video_repository import VideoRepository

__all__ = ["runs_begun", "watched"]

T = TypeVar("T")

_begun: ContextVar[list[SpanRef] | None] = ContextVar("begun runs", default=None)


@contextmanager
def runs_begun() -> Iterator[list[SpanRef]]:
    """Gives the spans of the runs that this thread or task begins in the block."""
    begun: list[SpanRef] = []
    token = _begun.set(begun)
    try:
        yield begun
    finally:
        _begun.reset(token)


def watched(repository: VideoRepository, spans: SpanExporter | None = None) -> VideoRepository:
    """Returns a repository that does what another does, and tells of what came of it.

    Args:
        repository: The other.
        spans: Where attempts and runs are traced; None for nowhere.
    """
    return cast("VideoRepository", _Watched(repository, spans))


class _Watched:
    def __init__(self, repository: VideoRepository, spans: SpanExporter | None) -> None:
        self._repository = repository
        self._spans = spans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._repository, name)

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        decided: list[tuple[Video | None, Change[T]]] = []

        def decide_watched(video: Video | None) -> Change[T]:
            change = decide(video)
            decided.append((video, change))
            return change

        answer = self._repository.update(video_id, decide_watched)
        before, change = decided[-1]  # whatever was decided before was not stored
        if change.video is not None:
            self._tell(before, change.video, [each for each in change.attempts if each.ended_at is not None])
        return answer

    def _tell(self, before: Video | None, after: Video, ended: Sequence[Attempt]) -> None:
        if (begun := _begun.get()) is not None and (before is None or before.run != after.run):
            begun.append(span_of_run(after))
        spans = []
        # What ends an attempt may also delete the video, or begin another run: the attempt was at what was before.
        tried = replace(before, media=after.media or before.media) if before else after
        for attempt in ended:
            spans.append(attempt_span(tried, attempt))
            _log("stage_ended", spans[-1].ref, stage_measures(tried, attempt))
        if after.status in {READY, FAILED} and (before is None or before.status != after.status):
            spans.append(run_span(after))
            _log("video_settled", spans[-1].ref, video_measures(after))
        if self._spans is not None and spans:
            self._spans.export(spans)


def _log(line: str, about: SpanRef, measures: StageMeasures | VideoMeasures) -> None:
    with bound_fields(**asdict(about)):
        logger().info(line, **asdict(measures))
