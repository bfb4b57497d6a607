"""Where work goes that takes longer than a function has, or that many do side by side."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Final

from shared.bootstrap.deployment import Deployment
from shared.environment import environment
from shared.ports.job_runner import TaskPool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shared.ports.job_runner import JobRunner

__all__ = ["Workers"]

_JOB_START_S: Final = 30.0
"""Until the tasks of a Cloud Run job are at work."""

_PROCESS_START_S: Final = 2.0

_TASK_TRIES: Final = 4
"""As often as Cloud Run tries a task: once, and three times more."""


class Workers(Deployment):
    """Cloud Run jobs on Google Cloud; processes on one machine."""

    @cached_property
    def jobs(self) -> JobRunner | None:
        """What starts the jobs of this deployment; None where every worker is one already."""
        if not self.settings.jobs:
            return None
        from shared.adapters.cloud_run import CloudRunJobRunner

        return CloudRunJobRunner(self.settings.jobs, endpoint=self.settings.cloud_run_endpoint)

    @property
    def cores(self) -> float:
        """What a stage has here."""
        return os.cpu_count() or 1

    @cached_property
    def chunk_pool(self) -> TaskPool:
        """Where chunks of long videos are encoded; without workers where nothing is there to do so."""
        task, workers = self.flow.task("encode"), self.settings.encoding.workers
        jobs = self.jobs
        if jobs is not None and task.task in self.settings.jobs:
            return TaskPool(
                function=task.task,
                timeout_s=task.timeout_s,
                workers=workers or task.parallelism,
                cores=task.cpu,
                start_s=_JOB_START_S,
                opened=lambda _folder: nullcontext(jobs),
            )
        return TaskPool(
            function=task.task,
            timeout_s=task.timeout_s,
            workers=0 if self.settings.platform == "google" else workers or os.cpu_count() or 1,
            cores=1,
            start_s=_PROCESS_START_S,
            opened=self._local_tasks,
        )

    @contextmanager
    def _local_tasks(self, folder: Path) -> Iterator[JobRunner]:
        from shared.adapters.local_jobs import LocalJobRunner

        data_dir = self.settings.data_dir.absolute()
        runner = LocalJobRunner(
            self.chunk_pool.workers,
            environment={
                **environment(),
                "AUTOMATIONS_DATA_DIR": str(data_dir),
                "AUTOMATIONS_WORK_DIR": str(folder.absolute()),
            },
            log_dir=data_dir / "logs" / "chunks",  # the host has workers of its own
            tries=_TASK_TRIES,
        )
        with closing(runner):
            yield runner
