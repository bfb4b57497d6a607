"""The tools of a clip: what they may use, whom they tell how far they are, and who says that they go on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from shared.domain.attempt import ToolRun
from shared.domain.errors import LeaseLost
from shared.domain.spans import Attributes
from shared.domain.video import Cost
from shared.interruption import check_not_ending
from shared.ports.clock import Clock
from shared.runtime.heartbeat import Heartbeat

__all__ = ["ClipSession"]


class ClipSession:
    """Implements ToolSession for a clip; a context manager, inside which its lease is extended.

    Args:
        clock: The time.
        time_limit_s: Seconds until its deadline.
        heartbeat_s: Seconds between extensions.
        extend: Extends the lease, told how far the clip is; what it raises but LeaseLost is tried again.
    """

    def __init__(
        self, clock: Clock, time_limit_s: float, heartbeat_s: float, extend: Callable[[float], None]
    ) -> None:
        self._clock = clock
        self._deadline = clock.monotonic() + time_limit_s
        self._progress = 0.0
        self._tools: list[ToolRun] = []
        self._stopped_by: LeaseLost | None = None
        self._heartbeat = Heartbeat(heartbeat_s, lambda: extend(self._progress), self._lose, self.remaining_s)

    def __enter__(self) -> ClipSession:
        self._heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heartbeat.end()

    @property
    def cpu_s(self) -> float:
        """CPU-seconds of the programs that ended until now."""
        return sum(run.cpu_s for run in self._tools)

    def check(self) -> None:
        """Raises LeaseLost when the clip is wanted no more, or somebody else makes it; see ToolSession."""
        check_not_ending()
        if self._stopped_by is not None:
            raise self._stopped_by

    def remaining_s(self) -> float:
        return self._deadline - self._clock.monotonic()

    def progress(self, fraction: float) -> None:
        self.check()
        self._progress = min(max(fraction, self._progress), 1.0)

    def charge(self, cost: Cost) -> None:
        del cost  # no model is asked

    def record(self, run: ToolRun) -> None:
        self._tools.append(run)

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        del name, attributes
        return nullcontext()

    def _lose(self, error: LeaseLost) -> None:
        self._stopped_by = error
