"""What an outside program or model is allowed, and whom it reports to, while a stage runs it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from shared.domain.attempt import ToolRun
from shared.domain.spans import Attributes
from shared.domain.video import Cost

__all__ = ["ToolSession"]


class ToolSession(Protocol):
    """The running attempt, as its tools see it."""

    def remaining_s(self) -> float:
        """Returns seconds until the attempt's deadline; the tool's process group is killed at 0."""
        ...

    def progress(self, fraction: float) -> None:
        """Reports how far the attempt is, 0..1; less than before changes nothing.

        May be called from several threads.

        Raises:
            LeaseLost: The attempt no longer counts: stop at once.
            TransientError: ``interrupted``: this process is to end.
        """
        ...

    def charge(self, cost: Cost) -> None:
        """Adds what a model has cost to the attempt's record; may be called from several threads.

        A request is charged when it is begun (``model_calls``), its tokens when the answer is there, so that a
        crash in between leaves a trace.
        """
        ...

    def record(self, run: ToolRun) -> None:
        """Adds a finished program, however it ended, to the attempt's record."""
        ...

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        """Shows what the block waits for, such as an answer of a model, in the run's trace.

        Args:
            name: What that is; few different names.
            attributes: What else is known of it.
        """
        ...
