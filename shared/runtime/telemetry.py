"""Telling of every attempt that ends and every video that settles, whoever ends it.

Workers end attempts, but so do sweep, people who delete or replay, and hosts that start again. What they have in
common is a change of the video, so that is where it is noticed: once it is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, TypeVar, cast

from shared.domain.change import Change
from shared.domain.measures import StageMeasures, VideoMeasures, stage_measures, video_measures
from shared.domain.status import FAILED, READY
from shared.domain.video import Video
from shared.logs import bound_fields, logger
from shared.ports.video_repository import VideoRepository

__all__ = ["watched"]

T = TypeVar("T")


def watched(repository: VideoRepository) -> VideoRepository:
    """Returns a repository that does what another does, and logs ``stage_ended`` and ``video_settled``."""
    return cast("VideoRepository", _Watched(repository))


class _Watched:
    def __init__(self, repository: VideoRepository) -> None:
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        return getattr(self._repository, name)

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        decided: list[tuple[Video | None, Change[T]]] = []

        def decide_watched(video: Video | None) -> Change[T]:
            change = decide(video)
            decided.append((video, change))
            return change

        answer = self._repository.update(video_id, decide_watched)
        _tell(*decided[-1])  # whatever was decided before was not stored
        return answer


def _tell(before: Video | None, change: Change[Any]) -> None:
    after = change.video
    if after is None:
        return
    if before is not None:
        # What ends an attempt may also forget the video, or begin another run: the attempt was at what was before.
        tried = replace(before, media=after.media or before.media)
        for attempt in change.attempts:
            if attempt.ended_at is not None:
                _log("stage_ended", tried, stage_measures(tried, attempt))
    if after.status in {READY, FAILED} and (before is None or before.status != after.status):
        _log("video_settled", after, video_measures(after))


def _log(line: str, video: Video, measures: StageMeasures | VideoMeasures) -> None:
    with bound_fields(trace=video.trace):
        logger().info(line, **asdict(measures))
