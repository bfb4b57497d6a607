"""Cloud Run's API on loopback, as far as running jobs goes; there is no emulator of Google's.

``python -m infra.local.cloud_run_stub PORT LOG_DIR MAX_RETRIES JOB...`` serves until it is killed. A task is a
process here: the same command, arguments and variables that its container would get, over the stub's own
environment. Requests and answers are Google's own messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from google.cloud import run_v2
from werkzeug.serving import run_simple
from werkzeug.wrappers import Request, Response

from shared.adapters.process_tree import kill_tree

__all__ = ["CloudRunStub", "main"]

_TASK: Final = (sys.executable, "-P", "-m", "shared.adapters.job_task")


class _Refused(Exception):
    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.body = {"error": {"code": code, "status": status, "message": message}}
        self.code = code


class _Execution:
    """One execution: its tasks, as many at a time as there are cores, each tried again when it fails.

    Args:
        name: Its full name.
        overrides: What the call that started it said.
        max_retries: How often a task is tried again.
        log: File for what the tasks print.
    """

    def __init__(self, name: str, overrides: run_v2.RunJobRequest.Overrides, max_retries: int, log: Path) -> None:
        self._overrides = overrides
        self._max_retries = max_retries
        self._log = log
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._cancelled = False
        self._tasks = overrides.task_count or 1
        self._resource = run_v2.Execution(
            name=name, task_count=self._tasks, log_uri=str(log), create_time=datetime.now(UTC)
        )

    def run(self) -> None:
        """Runs the tasks until each succeeds, or has failed for the last time."""
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            for _ in workers.map(self._run_task, range(self._tasks)):
                pass  # raises what a task's thread raised
        with self._lock:
            self._resource.completion_time = datetime.now(UTC)

    def cancel(self) -> None:
        """Ends the tasks; Cloud Run would give them ten seconds for that."""
        with self._lock:
            if self._resource.completion_time is not None:
                raise _Refused(400, "FAILED_PRECONDITION", f"{self._resource.name} has ended.")
            self._cancelled = True
            for process in self._processes.values():
                kill_tree(process.pid)

    def resource(self) -> run_v2.Execution:
        """Returns how it stands."""
        with self._lock:
            return run_v2.Execution(self._resource)

    def _run_task(self, index: int) -> None:
        for attempt in range(self._max_retries + 1):
            ended_well = self._try(index, attempt)
            with self._lock:
                if ended_well or self._cancelled or attempt == self._max_retries:
                    break
                self._resource.retried_count += 1
        with self._lock:
            outcome = "succeeded" if ended_well else "cancelled" if self._cancelled else "failed"
            counter = f"{outcome}_count"
            setattr(self._resource, counter, getattr(self._resource, counter) + 1)

    def _try(self, index: int, attempt: int) -> bool:
        with self._lock, self._log.open("ab") as log:
            if self._cancelled:
                return False
            (container,) = self._overrides.container_overrides
            self._processes[index] = process = subprocess.Popen(
                [*_TASK, *container.args],
                env={
                    **os.environ,
                    "CLOUD_RUN_EXECUTION": self._resource.name.rpartition("/")[2],
                    "CLOUD_RUN_TASK_INDEX": str(index),
                    "CLOUD_RUN_TASK_COUNT": str(self._tasks),
                    "CLOUD_RUN_TASK_ATTEMPT": str(attempt),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            self._resource.running_count = len(self._processes)
        try:
            return process.wait(self._overrides.timeout.total_seconds()) == 0
        except subprocess.TimeoutExpired:
            kill_tree(process.pid)
            process.wait()
            return False
        finally:
            with self._lock:
                del self._processes[index]
                self._resource.running_count = len(self._processes)


class CloudRunStub:
    """The jobs of a project and their executions.

    Args:
        jobs: Full names of the jobs there are.
        max_retries: How often their tasks are tried again.
        log_dir: Folder for what tasks print, one file an execution.
    """

    def __init__(self, jobs: Sequence[str], max_retries: int, log_dir: Path) -> None:
        self._jobs = jobs
        self._max_retries = max_retries
        self._log_dir = log_dir
        self._executions: dict[str, _Execution] = {}

    def answer(self, request: Request) -> Response:
        """Answers a call of Google's client."""
        name, _, verb = request.path.removeprefix("/v2/").partition(":")
        calls = {"POST run": self._run, "GET ": self._get, "POST cancel": self._cancel}
        call = calls.get(f"{request.method} {verb}", self._unknown)
        try:
            return Response(json.dumps(call(name, request)), mimetype="application/json")
        except _Refused as refused:
            return Response(json.dumps(refused.body), status=refused.code, mimetype="application/json")

    def _run(self, name: str, request: Request) -> dict[str, Any]:
        if name not in self._jobs:
            raise _Refused(404, "NOT_FOUND", f"Resource '{name}' was not found.")
        overrides = run_v2.RunJobRequest.from_json(request.get_data(as_text=True)).overrides
        execution = f"{name.rpartition('/')[2]}-{token_hex(3)}"
        full_name = f"{name}/executions/{execution}"
        self._log_dir.mkdir(parents=True, exist_ok=True)
        log = self._log_dir / f"{execution}.log"
        started = _Execution(full_name, overrides, self._max_retries, log)
        self._executions[full_name] = started
        threading.Thread(target=started.run, name=execution, daemon=True).start()
        return _operation(full_name, started)

    def _get(self, name: str, _request: Request) -> dict[str, Any]:
        return _encoded(self._found(name))

    def _cancel(self, name: str, _request: Request) -> dict[str, Any]:
        execution = self._found(name)
        execution.cancel()
        return _operation(name, execution)

    def _unknown(self, name: str, request: Request) -> dict[str, Any]:
        raise _Refused(404, "NOT_FOUND", f"There is no {request.method} {name} here.")

    def _found(self, name: str) -> _Execution:
        if name not in self._executions:
            raise _Refused(404, "NOT_FOUND", f"Resource '{name}' was not found.")
        return self._executions[name]


def _operation(name: str, execution: _Execution) -> dict[str, Any]:
    """Returns the long-running operation that Cloud Run answers with, which nobody need wait for."""
    metadata = {"@type": "type.googleapis.com/google.cloud.run.v2.Execution", **_encoded(execution)}
    return {"name": name.replace("/jobs/", "/operations/").replace("/executions/", "-"), "metadata": metadata}


def _encoded(execution: _Execution) -> dict[str, Any]:
    encoded: dict[str, Any] = json.loads(run_v2.Execution.to_json(execution.resource()))
    return encoded


def main() -> None:
    """Serves until it is killed."""
    port, log_dir, max_retries, *jobs = sys.argv[1:]
    stub = CloudRunStub(jobs, int(max_retries), Path(log_dir))
    run_simple("127.0.0.1", int(port), Request.application(stub.answer), threaded=True)


if __name__ == "__main__":
    main()
