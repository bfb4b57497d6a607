"""Jobs in worker processes on this machine."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from os import getpid
from pathlib import Path

from shared.adapters.process_tree import kill_tree
from shared.domain.codec import encode
from shared.domain.errors import NotFound, TransientError
from shared.ports.job_runner import Job, JobState

__all__ = ["LocalJobRunner"]

REMEMBERED_EXECUTIONS = 1000
"""Ended executions whose state can still be asked for; the oldest are forgotten."""

RUNNING = JobState(status="running")
CLOSED = JobState(status="failed", error="The job was stopped with its host.")


class _Execution:
    """A job and its tasks; guarded by the runner's lock.

    Attributes:
        job: What is done.
        waiting: Tasks that no worker has yet.
        running: Tasks that workers have.
        tries: Task -> how often it was given to a worker.
        over: Whether nothing of it is begun any more.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.waiting = deque(range(job.tasks))
        self.running: set[int] = set()
        self.tries: Counter[int] = Counter()
        self.over = False

    def end(self) -> None:
        """Has nothing more of it begun."""
        self.over = True
        self.waiting.clear()

    def next_task(self) -> tuple[int, Job]:
        """Returns a task, and the job as the worker gets it."""
        task = self.waiting.popleft()
        self.running.add(task)
        self.tries[task] += 1
        return task, replace(self.job, delivery=replace(self.job.delivery, task=task))


class LocalJobRunner:
    """Runs jobs in worker processes that stay, one task at a time in each.

    A worker imports the functions before it is needed. One that crashes or is killed fails only its task and is
    replaced. Close the runner when done; its workers end with it, and with this process, however it ends.

    A job starts when a worker is free; what it has more tasks than there are free workers waits for some.

    Args:
        workers: How many tasks may run at the same time.
        environment: The whole environment of the functions.
        log_dir: Folder for what workers write to stdout and stderr, one file a worker.
        stages: Functions to import ahead of time.
        tries: How often a task is tried; the job has failed with the first that fails as often.
        on_end: Called with an execution's name, from another thread, when it has ended.
    """

    def __init__(
        self,
        workers: int,
        *,
        environment: Mapping[str, str],
        log_dir: Path,
        stages: Sequence[str] = (),
        tries: int = 1,
        on_end: Callable[[str], None] = lambda _execution: None,
    ) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, JobState] = {}
        self._executions: dict[str, _Execution] = {}
        self._tries = tries
        self._on_end = on_end
        self._workers = [
            _Worker(log_dir / f"worker-{number}.log", environment, stages, self._ended)
            for number in range(1, workers + 1)
        ]
        self._free = deque(self._workers)

    def warm_up(self) -> None:
        """Starts the workers now instead of with their first job."""
        for worker in self._workers:
            worker.ensure_started()

    def start(self, job: Job) -> str:
        with self._lock:
            if not self._free:
                raise TransientError("no_capacity", f"All {len(self._workers)} workers are busy.")
            execution = f"{job.stage}-{uuid.uuid4().hex}"
            self._states[execution] = RUNNING
            self._executions[execution] = _Execution(job)
            self._hand_out()
        return execution

    def state(self, execution: str) -> JobState:
        with self._lock:
            if execution not in self._states:
                raise NotFound(f"There is no execution {execution!r} (any more).")
            return self._states[execution]

    def cancel(self, execution: str) -> None:
        with self._lock:
            if execution in self._executions:
                self._executions[execution].end()
            for worker in self._workers:
                if worker.execution == execution:
                    worker.kill()

    def close(self) -> None:
        """Kills what still runs and ends the workers."""
        for worker in self._workers:
            worker.close()

    def _hand_out(self) -> None:
        """Gives tasks to free workers, oldest job first."""
        for name, execution in self._executions.items():
            while execution.waiting and self._free:
                task, job = execution.next_task()
                # The one that has been free for longest: it had the most time to import what it may need.
                self._free.popleft().give(name, task, job)

    def _ended(self, worker: _Worker, state: JobState) -> None:
        with self._lock:
            name = worker.execution
            if name is None:
                raise RuntimeError("a worker ended a job that it was never given")
            worker.execution = None
            self._free.append(worker)
            ended = self._settle(name, worker.task, state)
            self._hand_out()
        if ended:
            self._on_end(name)

    def _settle(self, name: str, task: int, state: JobState) -> bool:
        """Takes in how a task ended; returns whether that was the end of its job."""
        execution = self._executions[name]
        execution.running.remove(task)
        if state.status == "failed":
            if state is not CLOSED and not execution.over and execution.tries[task] < self._tries:
                execution.waiting.append(task)
            else:
                execution.end()
                self._states[name] = state
        if execution.waiting or execution.running:
            return False
        del self._executions[name]
        if self._states[name] is RUNNING:
            self._states[name] = state
        if len(self._states) > REMEMBERED_EXECUTIONS:
            oldest = next(known for known in self._states if known not in self._executions)
            del self._states[oldest]
        return True


class _Worker:
    """One worker process after the other, and the thread that looks after them.

    The thread that starts a process must live as long as the process: Linux tells children that their parent
    died when the thread that started them ends.

    Attributes:
        execution: What it works on; None when it is free. Guarded by the runner's lock.
        task: Which task of it.
    """

    def __init__(
        self,
        log: Path,
        environment: Mapping[str, str],
        stages: Sequence[str],
        ended: Callable[[_Worker, JobState], None],
    ) -> None:
        self.execution: str | None = None
        self.task = 0
        self._log = log
        self._environment = environment
        self._stages = stages
        self._ended = ended
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()

    def ensure_started(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._log.stem, daemon=True)
            self._thread.start()

    def give(self, execution: str, task: int, job: Job) -> None:
        self.execution, self.task = execution, task
        self._inbox.put(job)
        self.ensure_started()

    def kill(self) -> None:
        """Kills the process, if there is one; the next job gets another."""
        if self._process is not None and self._process.poll() is None:
            kill_tree(self._process.pid)

    def close(self) -> None:
        self._closing.set()
        if self._thread is not None:
            self.kill()
            self._inbox.put(None)
            self._thread.join()
            self._thread = None

    def _serve(self) -> None:
        process, connection = self._spawn()
        while (job := self._inbox.get()) is not None:
            if process.poll() is not None:
                connection.close()
                process, connection = self._spawn()
            self._ended(self, self._run(job, process, connection))
        connection.close()
        kill_tree(process.pid)
        process.wait()

    def _spawn(self) -> tuple[subprocess.Popen[bytes], Connection[bytes, bytes]]:
        ours, theirs = Pipe()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # -P: a file in the user's folder must not stand in for a module of ours.
        command = [sys.executable, "-P", "-m", "shared.adapters.local_worker"]
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*command, str(getpid()), str(theirs.fileno()), *self._stages],
                env=self._environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the parent, which decides what happens to the work.
            )
        theirs.close()
        self._process = process
        return process, ours

    def _run(self, job: Job, process: subprocess.Popen[bytes], connection: Connection[bytes, bytes]) -> JobState:
        if self._closing.is_set():
            return CLOSED
        deadline = time.monotonic() + job.timeout_s
        order = json.dumps({"stage": job.stage, "delivery": encode(job.delivery)}).encode()
        try:
            connection.send_bytes(order)
            if connection.poll(max(0.0, deadline - time.monotonic())):
                return JobState(**json.loads(connection.recv_bytes()))
        except (EOFError, OSError):
            kill_tree(process.pid)
            return self._death(process)
        kill_tree(process.pid)
        process.wait()
        return JobState(
            status="failed", error=f"{job.stage} was killed after {job.timeout_s:g} s, its time limit."
        )

    def _death(self, process: subprocess.Popen[bytes]) -> JobState:
        returncode = process.wait()
        if self._closing.is_set():
            return CLOSED
        how = signal.Signals(-returncode).name if returncode < 0 else f"exit status {returncode}"
        return JobState(status="failed", error=f"The worker process died ({how}); its log is {self._log}.")
