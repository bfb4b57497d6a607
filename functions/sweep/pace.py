"""Doing something with very many things: some at a time, until the time is over, none in the way of others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final, Protocol, TypeVar

from shared.logs import logger
from shared.ports.clock import Clock

__all__ = ["Pace", "attempted"]

_BATCH: Final = 100
"""Things fetched at a time."""


class Identified(Protocol):
    """What can be told apart from others."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
One = TypeVar("One", bound=Identified)


def attempted(step: str, act: Callable[[], object]) -> bool:
    """Does something; what it raises is logged, and tried again by the next run. Tells whether it worked."""
    try:
        act()
    except Exception:
        logger().exception("sweep_failed", step=step)
        return False
    return True


class Pace:
    """How fast, and until when.

    Args:
        clock: The time.
        threads: Things done at the same time; most of doing is waiting for a store.
        within_s: Seconds after which nothing new is begun.
    """

    def __init__(self, clock: Clock, *, threads: int = 1, within_s: float = math.inf) -> None:
        self._clock = clock
        self._threads = threads
        self._ends_at_s = clock.monotonic() + within_s

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self._clock.monotonic() >= self._ends_at_s

    def each(self, step: str, things: Iterable[T], act: Callable[[T], object]) -> list[bool]:
        """Does something with each of some things, and tells of each whether it worked.

        What is not begun because the time is over has not worked.
        """

        def done(thing: T) -> bool:
            return not self.over and attempted(step, partial(act, thing))

        if self._threads == 1:
            return [done(thing) for thing in things]
        with ThreadPoolExecutor(self._threads) as pool:
            # Each in a copy of this context, which has what log lines say besides.
            begun = [pool.submit(copy_context().run, done, thing) for thing in things]
            return [one.result() for one in begun]

    def drain(self, step: str, fetch: Callable[[int], Sequence[One]], act: Callable[[One], object]) -> None:
        """Does something once with each thing that a query finds, which is found no more when it is done.

        What is still found afterwards could not be done, and is looked past.

        Args:
            step: What to call it in the log.
            fetch: Returns at most so many of the things to do, the same first as the time before.
            act: Does one.
        """
        tried: set[str] = set()
        lingering: set[str] = set()
        while not self.over:
            limit = _BATCH + len(lingering)
            found = fetch(limit)
            lingering.update(one.id for one in found if one.id in tried)
            fresh = [one for one in found if one.id not in tried]
            if not fresh and len(found) < limit:
                return
            self.each(step, fresh, act)
            tried.update(one.id for one in fresh)
