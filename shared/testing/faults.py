"""Faults at every boundary between the runtime and the outside world.

Wrapping a port makes each call to it a numbered boundary; a plan says at which one what goes wrong. So no
boundary can be forgotten, and production code carries no test hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

from shared.domain.errors import TransientError

__all__ = ["FAULT_KINDS", "Crash", "FaultInjector", "FaultKind"]

P = TypeVar("P")

FaultKind: TypeAlias = Literal[
    "crash before", "crash after", "error", "error after effect", "duplicate", "raced", "overtaken", "deleted"
]

FAULT_KINDS: tuple[FaultKind, ...] = (
    "crash before",
    "crash after",
    "error",
    "error after effect",
    "duplicate",
    "raced",
    "overtaken",
)
"""``raced``: the same delivery reaches a second worker now; ``overtaken``: this worker stands still until its
lease has run out and others have gone on, then goes on itself, as one that was paused or cut off does. The video
ends ready after all of these; not among them is ``deleted``: somebody deletes it now."""


class Crash(BaseException):
    """The process is gone: nothing may catch this, so that no handler of ours runs after it."""


class FaultInjector:
    """Counts boundaries and lets the planned ones fail.

    Args:
        plan: Number of a boundary (0-based, in the order they are reached) -> what happens there.
        meanwhile: Lets the other workers act, for the kinds in which there are others.
    """

    def __init__(self, plan: Mapping[int, FaultKind], meanwhile: Callable[[FaultKind], None]) -> None:
        self.reached: list[str] = []
        self._plan = dict(plan)
        self._meanwhile = meanwhile

    def wrap(self, port: P, name: str) -> P:
        """Returns the port with every method call made a boundary named ``<name>.<method>``."""
        return cast("P", _Faulty(self, port, name))

    def cross(self, boundary: str, call: Callable[[], Any]) -> Any:
        """Runs one call under the plan."""
        fault = self._plan.get(len(self.reached))
        self.reached.append(boundary)
        if fault == "crash before":
            raise Crash(boundary)
        if fault == "error":
            raise TransientError("injected", f"{boundary} failed without effect")
        if fault in {"raced", "overtaken", "deleted"}:
            self._meanwhile(fault)
        answer = call()
        if fault == "crash after":
            raise Crash(boundary)
        if fault == "error after effect":
            raise TransientError("injected", f"{boundary} failed after its effect")
        return call() if fault == "duplicate" else answer


class _Faulty:
    def __init__(self, injector: FaultInjector, port: object, name: str) -> None:
        self._injector = injector
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        target = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._injector.cross(f"{self._name}.{method}", lambda: target(*args, **kwargs))

        return call
