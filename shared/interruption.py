"""A process that is told to end gives back what it is at, so that others can go on with it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial

from shared.domain.errors import TransientError
from shared.logs import logger

__all__ = ["check_not_ending", "interrupt", "interruptible", "is_ending"]

GiveBack = Callable[[], None]

_lock = threading.Lock()
_ending = threading.Event()
_given_back_by: dict[GiveBack, Callable[[], None]] = {}
"""What runs now, and what ends it in the context that it was begun in, where log lines say what they are about."""


def is_ending() -> bool:
    """Tells whether this process was told to end: nothing is begun any more then, and what lasts is cut short."""
    return _ending.is_set()


def check_not_ending() -> None:
    """Raises TransientError ``interrupted`` once this process was told to end."""
    if is_ending():
        raise TransientError("interrupted", "This worker is being stopped; another one does it.")


@contextmanager
def interruptible(give_back: GiveBack) -> Iterator[None]:
    """Has something given back if this process is told to end inside the block.

    Args:
        give_back: Called from another thread, within seconds, while the block goes on. What the block makes
            of that must not count any more.

    Raises:
        TransientError: ``interrupted``: it was told so just before; the thing is given back already.
    """
    with _lock:
        too_late = is_ending()
        if not too_late:
            _given_back_by[give_back] = partial(copy_context().run, give_back)
    if too_late:
        give_back()
        check_not_ending()
    try:
        yield
    finally:
        with _lock:
            _given_back_by.pop(give_back, None)


def interrupt() -> None:
    """Gives everything back that this process is at, and has nothing else begun."""
    with _lock:
        _ending.set()
        running = list(_given_back_by.values())
    for give_back in running:
        try:
            give_back()
        except Exception as error:  # the others must be given back too
            logger().error("give_back_failed", exc_info=error)
