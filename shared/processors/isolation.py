"""What keeps strategies from outside from spoiling a video: they are held to what they declare, and end alone.

Whatever one of them does wrong, the video goes on with what the others found, and its attempt says what is
missing. A strategy of the product is not held back: where that fails, something is wrong that must not pass for
a result.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

from shared.domain.codec import decode_json, encode_json
from shared.domain.errors import LeaseLost, Outage, TransientError
from shared.domain.plain_text import visible_text
from shared.interruption import is_ending
from shared.logs import logger
from shared.processors.stage import StageContext
from shared.processors.strategy import Strategy

__all__ = ["PLUGIN_FAILED", "Budget", "Isolation", "blame"]

T = TypeVar("T")

PLUGIN_FAILED: Final = "plugin_failed"
"""Code of the caveat on an attempt that a strategy from outside has left nothing to."""

_TRIES: Final = 2
"""Attempts at a stage that strategies from outside take part in. What hangs, ends the process or takes all of its
memory leaves no word of whose fault that was: the next one goes without them, well before the last."""


class _BrokenPromiseError(Exception):
    """A strategy did something else than it declares."""


class Budget:
    """The time that a strategy may take of an attempt.

    Args:
        strategy: The strategy.
        remaining_s: Tells how long the attempt may still take.
    """

    def __init__(self, strategy: Strategy, remaining_s: Callable[[], float]) -> None:
        self._share = strategy.limits.time_share if strategy.package else 1.0
        self._remaining_s = remaining_s
        self._allowed_s = remaining_s() * self._share
        self._taken_s = 0.0

    def left_s(self) -> float:
        """Returns how long it may still take."""
        return min(self._allowed_s - self._taken_s, self._remaining_s())

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Counts the time that the block takes. Raises an error of the strategy's if that was too much."""
        before_s = self._remaining_s()
        yield
        self._taken_s += before_s - self._remaining_s()
        if self._share < 1.0 and self._taken_s > self._allowed_s:
            raise _BrokenPromiseError(f"it took more than the {self._allowed_s:.1f} s that it has")


class Isolation:
    """Has strategies do their work for one attempt.

    Args:
        context: The attempt.
    """

    def __init__(self, context: StageContext) -> None:
        self._context = context

    def results(
        self, strategy: Strategy, kind: type[T], work: Callable[[Budget], Iterable[T]], name_of: Callable[[T], str]
    ) -> Sequence[T]:
        """Returns what a strategy leaves; nothing if it is from outside and fails.

        Args:
            strategy: The strategy.
            kind: What it leaves.
            work: Has it work within a budget, and may be a generator.
            name_of: Returns what ``outputs`` calls a result.

        Raises:
            PipelineError: A strategy of the product failed; or what failed is not the strategy's to answer for.
        """
        if not strategy.package:
            return list(work(Budget(strategy, self._context.remaining_s)))
        found: list[T] = []
        if not self.takes_part(strategy):
            return found
        with self.contained(strategy, otherwise=found.clear):
            budget = Budget(strategy, self._context.remaining_s)
            with budget.spent():
                results = iter(work(budget))
            while True:
                with budget.spent():
                    some = list(islice(results, 1))
                if not some:
                    break
                found += (_as_stored(one, kind) for one in some)
                _check_claims(strategy, found[-1], name_of(found[-1]))
                if len(found) > strategy.limits.results:
                    raise _BrokenPromiseError(f"it left more than {strategy.limits.results} results")
        return found

    def takes_part(self, strategy: Strategy) -> bool:
        """Tells whether a strategy may work at this attempt; the attempt says so if not."""
        lease = self._context.video.lease
        if not strategy.package or lease is None or lease.attempt <= _TRIES:
            return True
        self._context.caveat(
            PLUGIN_FAILED,
            f"{strategy.name!r} of the package {strategy.package} was left out: {lease.attempt - 1} attempts with "
            "it have failed, and it may be what ended them. Replay to try it again.",
        )
        return False

    @contextmanager
    def contained(self, strategy: Strategy, otherwise: Callable[[], object]) -> Iterator[None]:
        """Keeps what goes wrong in the block to a strategy from outside.

        What may come right is tried again once: the error is passed on.

        Args:
            strategy: The strategy.
            otherwise: Called when it failed.
        """
        try:
            yield
        except BaseException as error:
            # Not only Exception: a library that thinks itself a program ends "the program", or is "cancelled".
            if not strategy.package or is_ending() or self._is_for_others(error):
                raise
            logger().warning("plugin_failed", plugin=strategy.name, package=strategy.package, exc_info=error)
            otherwise()
            self._context.caveat(PLUGIN_FAILED, blame(strategy, error))

    def _is_for_others(self, error: BaseException) -> bool:
        if isinstance(error, LeaseLost | Outage | KeyboardInterrupt):
            return True
        lease = self._context.video.lease
        return isinstance(error, TransientError) and lease is not None and lease.attempt == 1


def blame(strategy: Strategy, error: BaseException) -> str:
    """Returns a sentence about what a strategy from outside did wrong."""
    why = visible_text("".join(traceback.format_exception_only(error)))  # whatever its own words are
    return (
        f"{strategy.name!r} of the package {strategy.package} failed ({why}); what it would have left is missing. "
        "Mend it or take it out of the settings, then replay."
    )


def _as_stored(result: object, kind: type[T]) -> T:
    """Returns a result as whoever reads it finds it; what can't be stored or read again raises ValueError."""
    if not isinstance(result, kind):
        raise _BrokenPromiseError(f"it left {result!r}, which is no {kind.__name__}")
    return decode_json(kind, encode_json(result))


def _check_claims(strategy: Strategy, result: object, name: str) -> None:
    if strategy.outputs is not None and name not in strategy.outputs:
        raise _BrokenPromiseError(f"it left {name!r}, which is none of its outputs")
    if (producer := getattr(result, "producer", strategy.name)) != strategy.name:
        raise _BrokenPromiseError(f"it left what {producer!r} is to have left")
