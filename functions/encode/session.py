"""A task's tools: what they may use, and whether what they do is still wanted."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from shared.domain.attempt import ToolRun
from shared.domain.errors import LeaseLost
from shared.domain.spans import Attributes
from shared.domain.video import Cost
from shared.interruption import check_not_ending
from shared.ports.clock import Clock

__all__ = ["TaskSession"]

_LOOK_EVERY_S: Final = 5.0
"""How long a task may go on with what nobody wants any more; looking costs a request."""


class TaskSession:
    """Implements ToolSession for a task.

    Args:
        clock: The time.
        time_limit_s: Seconds until its deadline.
        is_wanted: Tells whether its order is still there.
    """

    def __init__(self, clock: Clock, time_limit_s: float, is_wanted: Callable[[], bool]) -> None:
        self._clock = clock
        self._deadline = clock.monotonic() + time_limit_s
        self._is_wanted = is_wanted
        self._look_at = 0.0
        self._cpu_at_start = _own_cpu_s()
        self._meter = threading.Lock()
        self._spent = Cost()
        self._tools: list[ToolRun] = []

    @property
    def cost(self) -> Cost:
        """What was used until now, besides the tools."""
        return Cost(cpu_s=_own_cpu_s() - self._cpu_at_start) + self._spent

    @property
    def tools(self) -> tuple[ToolRun, ...]:
        """The programs that ended until now."""
        return tuple(self._tools)

    def check(self) -> None:
        """Raises LeaseLost when the order is gone, TransientError when this process is to end."""
        check_not_ending()
        if not self._is_wanted():
            raise LeaseLost("the order is gone")

    def remaining_s(self) -> float:
        return self._deadline - self._clock.monotonic()

    def progress(self, fraction: float) -> None:
        del fraction  # transcode counts the chunks that are done
        if self._clock.monotonic() >= self._look_at:
            self._look_at = self._clock.monotonic() + _LOOK_EVERY_S
            self.check()

    def charge(self, cost: Cost) -> None:
        with self._meter:
            self._spent += cost

    def record(self, run: ToolRun) -> None:
        self._tools.append(run)

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        del name, attributes
        return nullcontext()


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
