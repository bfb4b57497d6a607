"""Keeps a lease while work is done."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.domain.errors import LeaseLost
from shared.logs import logger

__all__ = ["Heartbeat"]


class Heartbeat:
    """A thread that extends a lease, from start() until end(), until it is lost or until time is up.

    Args:
        every_s: Seconds between extensions.
        extend: Extends the lease; what it raises but LeaseLost is tried again with the next beat.
        lost: Is told that the lease was lost.
        remaining_s: Tells how much time is left.
    """

    def __init__(
        self,
        every_s: float,
        extend: Callable[[], object],
        lost: Callable[[LeaseLost], object],
        remaining_s: Callable[[], float],
    ) -> None:
        self._every_s = every_s
        self._extend = extend
        self._lost = lost
        self._remaining_s = remaining_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begins to extend the lease."""
        self._thread.start()

    def end(self) -> None:
        """Returns when it is extended no more."""
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._every_s):
            if self._remaining_s() < 0:  # whoever hangs does not keep others from taking over for ever
                logger().error("attempt_overdue")
                return
            try:
                self._extend()
            except LeaseLost as error:
                self._lost(error)
                return
            except Exception as error:  # Whatever it is, the next beat may get through, and must be tried.
                logger().warning("heartbeat_failed", error=repr(error))
