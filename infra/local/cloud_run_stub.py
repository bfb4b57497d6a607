"""Cloud Run's API as far as running jobs goes, on loopback: ``python -m infra.local.cloud_run_stub PORT LOG_DIR
MAX_RETRIES JOB...``. There is no emulator of Google's.

A task is a process here: the same command, arguments and environment that its container would get, over the
stub's own environment. Requests and answers are Google's own messages, so that the real client can't tell.
"""

from __future__ import annotations

import json
import os
import random
import string
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from google.cloud import run_v2
from google.longrunning.operations_pb2 import Operation
from google.protobuf import json_format

from shared.adapters.process_tree import kill_tree

__all__ = ["CloudRunStub", "main"]

_TASK: Final = (sys.executable, "-P", "-m", "shared.adapters.job_task")


class _Refused(Exception):
    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.body = {"error": {"code": code, "status": status, "message": message}}
        self.code = code


class _Execution:
    """One execution: a task, tried again when it fails.

    Args:
        name: Its full name.
        overrides: What the call that started it said.
        max_retries: How often the task is tried again.
        log: File for what the task prints.
    """

    def __init__(self, name: str, overrides: run_v2.RunJobRequest.Overrides, max_retries: int, log: Path) -> None:
        self._overrides = overrides
        self._max_retries = max_retries
        self._log = log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False
        self._resource = run_v2.Execution(name=name, task_count=1, log_uri=str(log), create_time=datetime.now(UTC))

    def run(self) -> None:
        """Runs the task until it succeeds, or has failed for the last time."""
        for attempt in range(self._max_retries + 1):
            ended_well = self._try(attempt)
            with self._lock:
                self._resource.running_count = 0
                if ended_well or self._cancelled or attempt == self._max_retries:
                    break
                self._resource.retried_count += 1
        with self._lock:
            outcome = "succeeded" if ended_well else "cancelled" if self._cancelled else "failed"
            setattr(self._resource, f"{outcome}_count", 1)
            self._resource.completion_time = datetime.now(UTC)

    def cancel(self) -> None:
        """Ends the task; Cloud Run would give it ten seconds for that."""
        with self._lock:
            if self._resource.completion_time is not None:
                raise _Refused(400, "FAILED_PRECONDITION", f"{self._resource.name} has ended.")
            self._cancelled = True
            if self._process is not None:
                kill_tree(self._process.pid)

    def resource(self) -> run_v2.Execution:
        """Returns how it stands."""
        with self._lock:
            return run_v2.Execution(self._resource)

    def _try(self, attempt: int) -> bool:
        with self._lock, self._log.open("ab") as log:
            if self._cancelled:
                return False
            self._resource.running_count = 1
            (container,) = self._overrides.container_overrides
            self._process = process = subprocess.Popen(
                [*_TASK, *container.args],
                env={
                    **os.environ,
                    "CLOUD_RUN_EXECUTION": self._resource.name.rpartition("/")[2],
                    "CLOUD_RUN_TASK_INDEX": "0",
                    "CLOUD_RUN_TASK_COUNT": "1",
                    "CLOUD_RUN_TASK_ATTEMPT": str(attempt),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            return process.wait(self._overrides.timeout.total_seconds()) == 0
        except subprocess.TimeoutExpired:
            kill_tree(process.pid)
            process.wait()
            return False


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

    def answer(self, method: str, path: str, body: str) -> dict[str, Any]:
        """Returns the answer to a request as JSON."""
        name, _, verb = path.partition("?")[0].removeprefix("/v2/").partition(":")
        calls: dict[tuple[str, str], Callable[[str, str], dict[str, Any]]] = {
            ("POST", "run"): self._run,
            ("GET", ""): self._get,
            ("POST", "cancel"): self._cancel,
        }
        if (call := calls.get((method, verb))) is None:
            raise _Refused(404, "NOT_FOUND", f"There is no {method} {path} here.")
        return call(name, body)

    def _run(self, name: str, body: str) -> dict[str, Any]:
        if name not in self._jobs:
            raise _Refused(404, "NOT_FOUND", f"Resource '{name}' was not found.")
        try:
            request = run_v2.RunJobRequest.from_json(body)
        except json_format.ParseError as error:
            raise _Refused(400, "INVALID_ARGUMENT", str(error)) from error
        suffix = "".join(random.choices(string.ascii_lowercase + string.digits, k=5))
        execution = f"{name.rpartition('/')[2]}-{suffix}"
        full_name = f"{name}/executions/{execution}"
        self._log_dir.mkdir(parents=True, exist_ok=True)
        log = self._log_dir / f"{execution}.log"
        started = _Execution(full_name, request.overrides, self._max_retries, log)
        self._executions[full_name] = started
        threading.Thread(target=started.run, name=execution, daemon=True).start()
        return _operation(full_name, started)

    def _get(self, name: str, _body: str) -> dict[str, Any]:
        found: dict[str, Any] = json_format.MessageToDict(run_v2.Execution.pb(self._found(name).resource()))
        return found

    def _cancel(self, name: str, _body: str) -> dict[str, Any]:
        execution = self._found(name)
        execution.cancel()
        return _operation(name, execution)

    def _found(self, name: str) -> _Execution:
        if name not in self._executions:
            raise _Refused(404, "NOT_FOUND", f"Resource '{name}' was not found.")
        return self._executions[name]


def _operation(name: str, execution: _Execution) -> dict[str, Any]:
    """Returns the long-running operation that Cloud Run answers with, which nobody need wait for."""
    operation = Operation(name=name.replace("/jobs/", "/operations/").replace("/executions/", "-"))
    operation.metadata.Pack(run_v2.Execution.pb(execution.resource()))
    answer: dict[str, Any] = json_format.MessageToDict(operation)
    return answer


def _handler(stub: CloudRunStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            try:
                code, answer = 200, stub.answer(self.command, self.path, body)
            except _Refused as refused:
                code, answer = refused.code, refused.body
            encoded = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = _answer

    return Handler


def main() -> None:
    """Serves until it is killed."""
    port, log_dir, max_retries, *jobs = sys.argv[1:]
    stub = CloudRunStub(jobs, int(max_retries), Path(log_dir))
    ThreadingHTTPServer(("127.0.0.1", int(port)), _handler(stub)).serve_forever()


if __name__ == "__main__":
    main()
