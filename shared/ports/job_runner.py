"""Work that runs apart from the process that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from shared.domain.wire import Delivery

__all__ = ["KILL_GRACE_S", "Job", "JobRunner", "JobState", "TaskPool"]

KILL_GRACE_S: Final = 30.0
"""A stage ends itself at its deadline; one that does not is killed this much later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One event to be handled by one function.

    Attributes:
        stage: The function's name; it is built by ``functions.<stage>.main:endpoint``.
        delivery: What the function gets.
        timeout_s: Seconds after which the job is killed; each of its tasks, if there are several.
        tasks: How many tasks it has. Each gets the delivery with its own number, and may be tried again alone.
    """

    stage: str
    delivery: Delivery
    timeout_s: float
    tasks: int = 1

    @classmethod
    def of(cls, function: str, longest_s: float, delivery: Delivery) -> Job:
        """Returns the job that gives a function as long as it may take where no event function limits it."""
        return cls(stage=function, delivery=delivery, timeout_s=longest_s + KILL_GRACE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How a job stands.

    Attributes:
        status: ``failed`` covers an error raised, a killed or crashed process, and the timeout.
        error: One sentence when failed.
        retry_after_s: Seconds before another try makes sense, if the function said so.
    """

    status: Literal["running", "succeeded", "failed"]
    error: str = ""
    retry_after_s: float | None = None


class JobRunner(Protocol):
    """Starts jobs and tells how they went."""

    def start(self, job: Job) -> str:
        """Starts a job and returns its execution's name.

        Raises:
            TransientError: There is no capacity now, or what starts jobs does not answer. It may have started.
            ConfigurationError: This deployment has no such job, or may not start it.
        """
        ...

    def state(self, execution: str) -> JobState:
        """Returns how an execution stands. Raises NotFound for an unknown one."""
        ...

    def cancel(self, execution: str) -> None:
        """Ends an execution; one that has ended, or is unknown, is no error. Raises TransientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPool:
    """Where the tasks of one function run, many at a time.

    Attributes:
        function: The function.
        timeout_s: Seconds that a task may take.
        workers: Tasks that run at the same time.
        cores: Cores that each has.
        start_s: Seconds from the order to the first task's work.
        opened: Yields what starts them, given a folder of the caller's that those on this machine work in; leaving
            it ends whatever of them still runs here, so that what it left goes with the folder.
    """

    function: str
    timeout_s: float
    workers: int
    cores: float
    start_s: float
    opened: Callable[[Path], AbstractContextManager[JobRunner]]
