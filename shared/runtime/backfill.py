"""Having many videos processed again: each once, not too many at a time, and on from wherever it was stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shared.domain.backfill import Backfill, PlannedReplay
from shared.domain.change import Change, Decision
from shared.domain.errors import NotFound, PermanentError
from shared.domain.status import TERMINAL
from shared.domain.video import Video
from shared.ports.document_store import Edit
from shared.runtime.backfill_plan import BackfillPorts, noted
from shared.runtime.outbox import publish_outbox

__all__ = ["BackfillRun", "Tally"]

_LOOK_EVERY_S: Final = 1.0


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
        self.tally = Tally(left=sum(1 for _ in noted(ports, backfill)))

    def run(self) -> Tally:
        """Has the videos processed, and returns once all of them are done; what it says then is final."""
        for planned in noted(self._ports, self._backfill):
            self._wait_for_room(self._at_most)
            self._begin(planned)
        self._wait_for_room(1)
        self._ports.documents.update(Backfill, self._backfill.id, self._ended, owner=self._backfill.owner)
        return self.tally

    def _ended(self, stored: Backfill | None) -> Edit[Backfill, None]:
        return Edit(answer=None, delete=stored == self._backfill)  # a later one may have its name by now

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
