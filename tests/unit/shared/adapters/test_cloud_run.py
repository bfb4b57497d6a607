"""Google's own client against a stub that runs tasks as processes, and against answers that Cloud Run may give."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, TransportError
from google.cloud import run_v2
from pytest_mock import MockerFixture

from infra.local.emulators import Emulator, cloud_run_emulator
from infra.local.source import SOURCE_ROOT
from shared.adapters.cloud_run import CloudRunJobRunner
from shared.domain.errors import ConfigurationError, NotFound, PipelineError, TransientError
from shared.domain.wire import Delivery
from shared.ports.job_runner import Job, JobState

T = TypeVar("T")

PARENT = "projects/p/locations/europe-west1/jobs"
FUNCTION = """
import os, pathlib, time

class Endpoint:
    def handle(self, delivery):
        attempt = os.environ["CLOUD_RUN_TASK_ATTEMPT"]
        told = pathlib.Path(delivery.data["told"])
        part = told / f"part-{attempt}-{os.getpid()}"
        part.write_text(f"{os.getpid()} {os.environ['CLOUD_RUN_EXECUTION']} {delivery.data['text']}")
        part.rename(told / f"attempt-{attempt}")
        DO

def endpoint():
    return Endpoint()
"""
FUNCTIONS = {
    "succeed": "pass",
    "fail": "raise ValueError('no')",
    "fail_once": "assert attempt == '1'",
    "hang": "time.sleep(600)",
    "apart": "(told / f\"task-{os.environ['CLOUD_RUN_TASK_INDEX']}-{attempt}\").touch(); "
    "assert attempt == '1' or os.environ['CLOUD_RUN_TASK_INDEX'] != '1'",
    "hang_once": "time.sleep(600 if attempt == '0' else 0)",
}
JOBS = {stage: f"{PARENT}/automations-{stage.replace('_', '-')}" for stage in FUNCTIONS}


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("cloud-run")
    for stage, does in FUNCTIONS.items():
        (folder / "functions" / stage).mkdir(parents=True)
        (folder / "functions" / stage / "main.py").write_text(FUNCTION.replace("DO", does))
    (folder / "functions" / "__init__.py").touch()
    environment = {"PYTHONPATH": f"{folder}{os.pathsep}{SOURCE_ROOT}"}
    with cloud_run_emulator(folder, list(JOBS.values()), environment, max_retries=1) as stub:
        yield stub


@pytest.fixture
def runner(stub: Emulator) -> CloudRunJobRunner:
    return CloudRunJobRunner({**JOBS, "gone": f"{PARENT}/gone"}, endpoint=f"http://{stub.host}")


def job(stage: str, told: Path, *, timeout_s: float = 60.0) -> Job:
    delivery = Delivery(id="1", source="s", type="t", data={"told": str(told), "text": 'a "quote", größer'})
    return Job(stage=stage, delivery=delivery, timeout_s=timeout_s)


def eventually(look: Callable[[], T | None]) -> T:
    """Returns what is there once it is there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def end_of(runner: CloudRunJobRunner, execution: str) -> JobState:
    def ended() -> JobState | None:
        state = runner.state(execution)
        return state if state.status != "running" else None

    return eventually(ended)


def told_by(told: Path, attempt: int) -> list[str]:
    """Returns a task's process, execution and text, once it runs."""

    def read() -> list[str] | None:
        with suppress(FileNotFoundError):
            return (told / f"attempt-{attempt}").read_text().split(" ", maxsplit=2)
        return None

    return eventually(read)


def test_a_task_gets_the_delivery_and_is_told_the_name_that_start_returned(
    runner: CloudRunJobRunner, tmp_path: Path
) -> None:
    execution = runner.start(job("succeed", tmp_path))
    assert end_of(runner, execution) == JobState(status="succeeded")
    assert told_by(tmp_path, 0)[1:] == [execution, 'a "quote", größer']


def test_a_task_that_fails_is_tried_again(runner: CloudRunJobRunner, tmp_path: Path) -> None:
    assert end_of(runner, runner.start(job("fail_once", tmp_path))).status == "succeeded"


def test_a_task_that_is_killed_is_tried_again(runner: CloudRunJobRunner, tmp_path: Path) -> None:
    execution = runner.start(job("hang_once", tmp_path))
    os.kill(int(told_by(tmp_path, 0)[0]), signal.SIGKILL)
    assert end_of(runner, execution).status == "succeeded"


def test_of_many_tasks_only_the_one_that_failed_is_tried_again(runner: CloudRunJobRunner, tmp_path: Path) -> None:
    execution = runner.start(replace(job("apart", tmp_path), tasks=3))
    assert end_of(runner, execution) == JobState(status="succeeded")
    assert {path.name for path in tmp_path.glob("task-*")} == {"task-0-0", "task-1-0", "task-1-1", "task-2-0"}


def test_an_execution_whose_task_always_fails_has_failed(runner: CloudRunJobRunner, tmp_path: Path) -> None:
    execution = runner.start(job("fail", tmp_path))
    state = end_of(runner, execution)
    assert state.status == "failed"
    assert execution in state.error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["attempt-0", "attempt-1"]


def test_a_task_is_killed_at_its_time_limit(runner: CloudRunJobRunner, tmp_path: Path) -> None:
    execution = runner.start(job("hang", tmp_path, timeout_s=1.0))
    assert end_of(runner, execution).status == "failed"
    for told in tmp_path.glob("attempt-*"):  # a slow machine kills it before it says anything
        assert not psutil.pid_exists(int(told.read_text().split()[0]))


def test_cancelling_ends_the_task_and_all_retries(runner: CloudRunJobRunner, tmp_path: Path) -> None:
    execution = runner.start(job("hang", tmp_path))
    pid = int(told_by(tmp_path, 0)[0])
    assert runner.state(execution).status == "running"
    runner.cancel(execution)
    state = end_of(runner, execution)
    assert state.status == "failed"
    assert "cancelled" in state.error
    assert not psutil.pid_exists(pid)
    assert not (tmp_path / "attempt-1").exists()
    runner.cancel(execution)  # it has ended, which is no error


@pytest.mark.parametrize("execution", ["automations-hang-000000", "gone-000000", "elsewhere-000000", "odd"])
def test_what_is_unknown_has_no_state_and_need_not_be_cancelled(runner: CloudRunJobRunner, execution: str) -> None:
    runner.cancel(execution)
    with pytest.raises(NotFound):
        runner.state(execution)


@pytest.mark.parametrize("stage", ["gone", "unnamed"])
def test_a_job_that_does_not_exist_is_a_wrong_deployment(
    runner: CloudRunJobRunner, stage: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        runner.start(job(stage, tmp_path))
    assert refused.value.code == "job_missing"


def test_nobody_answering_is_transient(tmp_path: Path) -> None:
    runner = CloudRunJobRunner(JOBS, endpoint="http://127.0.0.1:9")
    with pytest.raises(TransientError) as refused:
        runner.start(job("succeed", tmp_path))
    assert refused.value.code == "job_unavailable"


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (exceptions.TooManyRequests("quota"), TransientError, "job_unavailable"),
        (exceptions.ServiceUnavailable("down"), TransientError, "job_unavailable"),
        (exceptions.DeadlineExceeded("slow"), TransientError, "job_unavailable"),
        (exceptions.Aborted("changed at the same time"), TransientError, "job_unavailable"),
        (requests.exceptions.ReadTimeout("slow"), TransientError, "job_unavailable"),
        (TransportError("no metadata server"), TransientError, "job_unavailable"),
        (exceptions.Forbidden("no"), ConfigurationError, "job_forbidden"),
        (exceptions.Unauthorized("who?"), ConfigurationError, "job_forbidden"),
        (DefaultCredentialsError("none"), ConfigurationError, "job_forbidden"),
        (exceptions.BadRequest("timeout too long"), ConfigurationError, "job_refused"),
    ],
)
def test_what_the_client_raises_becomes_our_errors(
    raised: Exception, kind: type[PipelineError], code: str, mocker: MockerFixture, tmp_path: Path
) -> None:
    runner = CloudRunJobRunner(JOBS, endpoint="http://127.0.0.1:9")
    mocker.patch.object(run_v2.JobsClient, "run_job", side_effect=raised)
    with pytest.raises(kind) as refused:
        runner.start(job("succeed", tmp_path))
    assert refused.value.code == code
    assert refused.value.__cause__ is raised


def test_the_role_to_grant_is_named(mocker: MockerFixture, tmp_path: Path) -> None:
    runner = CloudRunJobRunner(JOBS, endpoint="http://127.0.0.1:9")
    mocker.patch.object(run_v2.JobsClient, "run_job", side_effect=exceptions.Forbidden("no"))
    with pytest.raises(ConfigurationError, match=r"roles/run\.jobsExecutorWithOverrides"):
        runner.start(job("succeed", tmp_path))


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({}, "running"),
        ({"running_count": 1, "retried_count": 2}, "running"),
        ({"succeeded_count": 1, "retried_count": 2}, "succeeded"),
        ({"failed_count": 1}, "failed"),
        ({"cancelled_count": 1}, "failed"),
        ({"completion_time": "2026-11-21T00:00:00Z"}, "failed"),
    ],
)
def test_the_state_is_told_by_the_counts(counts: dict[str, object], status: str, mocker: MockerFixture) -> None:
    runner = CloudRunJobRunner(JOBS, endpoint="http://127.0.0.1:9")
    execution = run_v2.Execution(name=f"{JOBS['hang']}/executions/automations-hang-abcde", **counts)
    get = mocker.patch.object(run_v2.ExecutionsClient, "get_execution", return_value=execution)
    assert runner.state("automations-hang-abcde").status == status
    assert get.call_args.kwargs["name"] == execution.name


def test_the_job_gets_its_time_limit_in_the_override(mocker: MockerFixture, tmp_path: Path) -> None:
    run_job = mocker.patch.object(run_v2.JobsClient, "run_job", side_effect=exceptions.NotFound("job"))
    runner = CloudRunJobRunner(JOBS, endpoint="http://127.0.0.1:9")
    with pytest.raises(ConfigurationError):
        runner.start(replace(job("hang", tmp_path), timeout_s=14430.0))
    request = run_job.call_args.args[0]
    assert request.name == JOBS["hang"]
    assert (request.overrides.task_count, request.overrides.timeout.total_seconds()) == (1, 14430.0)
