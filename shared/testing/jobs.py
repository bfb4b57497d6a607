"""Jobs that run when a test says so."""

from __future__ import annotations

from shared.domain.errors import NotFound, PipelineError
from shared.ports.job_runner import Job, JobState

__all__ = ["FakeJobRunner"]


class FakeJobRunner:
    """A JobRunner that keeps what it is given.

    Attributes:
        started: Execution -> its job, in the order they were started.
        cancelled: The executions that were cancelled.
        refusal: Raised by the next calls of start(), if set.
    """

    def __init__(self) -> None:
        self.started: dict[str, Job] = {}
        self.cancelled: list[str] = []
        self.refusal: PipelineError | None = None

    def start(self, job: Job) -> str:
        if self.refusal is not None:
            raise self.refusal
        execution = f"{job.stage}-{len(self.started)}"
        self.started[execution] = job
        return execution

    def state(self, execution: str) -> JobState:
        if execution not in self.started:
            raise NotFound(f"There is no execution {execution!r}.")
        if execution in self.cancelled:
            return JobState(status="failed", error="It was cancelled.")
        return JobState(status="running")

    def cancel(self, execution: str) -> None:
        self.cancelled.append(execution)
