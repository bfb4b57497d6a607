"""Jobs as executions of Cloud Run jobs, one a stage, whose container runs shared.adapters.job_task.

The client is imported by the first call: a function that may start a job seldom does, and would begin half a
second later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from shared.domain.codec import encode_json
from shared.domain.errors import ConfigurationError, NotFound, TransientError
from shared.ports.job_runner import Job, JobState

if TYPE_CHECKING:
    from google.cloud import run_v2

__all__ = ["CloudRunJobRunner"]

_CALL_TIMEOUT_S: Final = 15.0
"""Well below the lease of the attempt that waits for a job to be started."""


class CloudRunJobRunner:
    """Starts, watches and cancels executions.

    They are called by their short names, which is what Cloud Run tells their tasks too (CLOUD_RUN_EXECUTION): the
    job's name, a dash, and letters of Cloud Run's choice.

    Args:
        jobs: Stage -> full name of its job, ``projects/P/locations/L/jobs/J``.
        endpoint: Address of the API, if not Google's; one with ``http:`` gets no credentials.
    """

    def __init__(self, jobs: Mapping[str, str], *, endpoint: str | None = None) -> None:
        self._jobs = jobs
        self._client_options: dict[str, Any] = {"transport": "rest"}
        if endpoint is not None:
            self._client_options["client_options"] = ClientOptions(api_endpoint=endpoint)
            if endpoint.startswith("http:"):
                self._client_options["credentials"] = AnonymousCredentials()

    def start(self, job: Job) -> str:
        from google.cloud import run_v2

        name = self._jobs.get(job.stage)
        if name is None:
            raise ConfigurationError(
                "job_missing", f"No Cloud Run job is named for {job.stage} in AUTOMATIONS_JOBS."
            )
        overrides = run_v2.RunJobRequest.Overrides(
            task_count=job.tasks,
            timeout=timedelta(seconds=job.timeout_s),
            container_overrides=[
                run_v2.RunJobRequest.Overrides.ContainerOverride(args=[job.stage, encode_json(job.delivery)])
            ],
        )
        with _translated(name, "roles/run.jobsExecutorWithOverrides"):
            request = run_v2.RunJobRequest(name=name, overrides=overrides)
            operation = self._job_calls.run_job(request, retry=None, timeout=_CALL_TIMEOUT_S)
        execution: str = operation.metadata.name.rpartition("/")[2]
        return execution

    def state(self, execution: str) -> JobState:
        name = self._full_name(execution)
        if name is None:
            raise NotFound(f"{execution!r} is no execution of a job in the settings.")
        with _translated(name, "roles/run.viewer"):
            try:
                found = self._execution_calls.get_execution(name=name, timeout=_CALL_TIMEOUT_S)
            except exceptions.NotFound as error:
                raise NotFound(f"There is no execution {execution!r} (any more).") from error
        return _state(found)

    def cancel(self, execution: str) -> None:
        name = self._full_name(execution)
        if name is None:
            return
        # An execution that has ended is a bad request.
        gone = suppress(exceptions.NotFound, exceptions.BadRequest)
        with _translated(name, "roles/run.jobsExecutorWithOverrides"), gone:
            self._execution_calls.cancel_execution(name=name, retry=None, timeout=_CALL_TIMEOUT_S)

    @cached_property
    def _job_calls(self) -> run_v2.JobsClient:
        from google.cloud import run_v2

        return run_v2.JobsClient(**self._client_options)

    @cached_property
    def _execution_calls(self) -> run_v2.ExecutionsClient:
        from google.cloud import run_v2

        return run_v2.ExecutionsClient(**self._client_options)

    def _full_name(self, execution: str) -> str | None:
        job = execution.rpartition("-")[0]
        for name in self._jobs.values():
            if name.endswith(f"/{job}"):
                return f"{name}/executions/{execution}"
        return None


def _state(execution: run_v2.Execution) -> JobState:
    if execution.succeeded_count >= max(execution.task_count, 1):
        return JobState(status="succeeded")
    if execution.cancelled_count:
        return JobState(status="failed", error=f"{execution.name} was cancelled.")
    # Failures that are tried again are not counted here, and an execution that could not begin counts nothing.
    if execution.failed_count or execution.completion_time is not None:
        return JobState(status="failed", error=f"{execution.name} failed; its log is at {execution.log_uri}.")
    return JobState(status="running")


@contextmanager
def _translated(name: str, role: str) -> Iterator[None]:
    """Turns what the client raises into our errors.

    Args:
        name: What the call is about.
        role: What the caller needs for it.
    """
    try:
        yield
    except exceptions.NotFound as error:
        raise ConfigurationError(
            "job_missing", f"Cloud Run has no {name}. Create it, or correct AUTOMATIONS_JOBS."
        ) from error
    except (exceptions.Forbidden, exceptions.Unauthorized, DefaultCredentialsError) as error:
        raise ConfigurationError(
            "job_forbidden", f"This service account may not use {name}: grant it {role}. {error}"
        ) from error
    except (exceptions.TooManyRequests, exceptions.Conflict, exceptions.ServerError) as error:
        raise TransientError("job_unavailable", f"Cloud Run can't do it now: {error}") from error
    except exceptions.GoogleAPIError as error:
        raise ConfigurationError("job_refused", f"Cloud Run refused a call about {name}: {error}") from error
    # The client lets the errors of requests through, and they are OSErrors.
    except (GoogleAuthError, OSError) as error:
        raise TransientError("job_unavailable", f"Cloud Run can't be reached: {error}") from error
