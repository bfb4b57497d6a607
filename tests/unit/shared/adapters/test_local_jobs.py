"""Workers are real processes here, with small functions written for the purpose."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from shared.adapters.local_jobs import LocalJobRunner
from shared.domain.errors import NotFound, TransientError
from shared.domain.wire import Delivery
from shared.ports.job_runner import Job, JobState

ROOT = Path(__file__).parents[4]
DELIVERY = Delivery(id="7", source="test", type="test", data={"answer": 42})
ENDPOINT = "\ndef endpoint(): return Endpoint(handle)\nfrom shared.adapters.http_delivery import Endpoint\n"
SOURCES = {
    "note": "def handle(delivery): open(delivery.data['file'], 'a').write(delivery.id)",
    "refuse": "from shared.domain.errors import TransientError\n"
    "def handle(delivery): raise TransientError('busy', 'Later.', retry_after_s=3.5)",
    "break_": "def handle(delivery): raise ValueError('no such thing')",
    "segfault": "import os\ndef handle(delivery): os.kill(os.getpid(), 11)",
    "leave": "import os\ndef handle(delivery): os._exit(3)",
    "hang": "import subprocess\ndef handle(delivery):\n subprocess.run(['sleep', '600'], start_new_session=True)",
    "missing": "import nothing_of_this_name",
    "count": "import os\ndef handle(delivery):\n"
    " with open(delivery.data['file'], 'a') as file: file.write(str(delivery.task))\n"
    " if delivery.task == delivery.data['bad']:\n"
    "  with open(delivery.data['file'] + '.tries', 'a') as tries: tries.write('x')\n"
    "  if os.path.getsize(delivery.data['file'] + '.tries') <= delivery.data['deaths']: os.kill(os.getpid(), 9)",
}


def _environment(functions: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{functions}{os.pathsep}{ROOT}"}


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("functions")
    for name, source in SOURCES.items():
        package = root / "functions" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "main.py").write_text(source + ENDPOINT)
    (root / "functions" / "__init__.py").touch()
    return root


@pytest.fixture
def ended() -> queue.SimpleQueue[str]:
    return queue.SimpleQueue()


@pytest.fixture
def runner(functions: Path, tmp_path: Path, ended: queue.SimpleQueue[str]) -> Iterator[LocalJobRunner]:
    runner = LocalJobRunner(
        1,
        environment=_environment(functions),
        log_dir=tmp_path / "logs",
        stages=["note", "missing"],
        on_end=ended.put,
    )
    yield runner
    runner.close()


def _run(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str], stage: str, timeout_s: float = 30.0, **data: str
) -> JobState:
    execution = runner.start(Job(stage=stage, delivery=replace(DELIVERY, data=data), timeout_s=timeout_s))
    assert ended.get(timeout=20) == execution
    return runner.state(execution)


def test_calls_the_function_with_the_event(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str], tmp_path: Path
) -> None:
    assert _run(runner, ended, "note", file=str(tmp_path / "out")) == JobState(status="succeeded")
    assert (tmp_path / "out").read_text() == "7"


def test_what_a_function_raises_travels_back(runner: LocalJobRunner, ended: queue.SimpleQueue[str]) -> None:
    assert _run(runner, ended, "refuse") == JobState(status="failed", error="[busy] Later.", retry_after_s=3.5)
    assert _run(runner, ended, "break_") == JobState(status="failed", error="ValueError: no such thing")
    assert "nothing_of_this_name" in _run(runner, ended, "missing").error


def test_the_traceback_of_a_bug_is_in_the_log(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str], tmp_path: Path
) -> None:
    _run(runner, ended, "break_")
    assert "ValueError: no such thing" in (tmp_path / "logs" / "worker-1.log").read_text()


@pytest.mark.parametrize(("stage", "how"), [("segfault", "SIGSEGV"), ("leave", "exit status 3")])
def test_a_crash_fails_its_job_only(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str], tmp_path: Path, stage: str, how: str
) -> None:
    assert how in _run(runner, ended, stage).error
    assert _run(runner, ended, "note", file=str(tmp_path / "out")).status == "succeeded"


def test_a_worker_that_died_while_idle_costs_nobody_a_job(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str], tmp_path: Path
) -> None:
    _run(runner, ended, "note", file=str(tmp_path / "out"))
    (worker,) = _children()
    worker.kill()
    psutil.wait_procs([worker], timeout=10)
    assert _run(runner, ended, "note", file=str(tmp_path / "out")).status == "succeeded"


@pytest.mark.reliability("B16")
def test_a_job_over_its_time_is_killed_with_all_it_started(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str]
) -> None:
    execution = runner.start(Job(stage="hang", delivery=DELIVERY, timeout_s=2.0))
    tree = _wait_for_a_tool()
    assert ended.get(timeout=20) == execution
    assert "killed after 2 s" in runner.state(execution).error
    _, alive = psutil.wait_procs(tree, timeout=10)
    assert not alive


def test_refuses_more_jobs_than_workers_and_unknown_executions(runner: LocalJobRunner) -> None:
    runner.start(Job(stage="hang", delivery=DELIVERY, timeout_s=60.0))
    with pytest.raises(TransientError, match="no_capacity"):
        runner.start(Job(stage="hang", delivery=DELIVERY, timeout_s=60.0))
    with pytest.raises(NotFound):
        runner.state("hang-99")


def test_a_cancelled_job_ends_with_all_it_started(
    runner: LocalJobRunner, ended: queue.SimpleQueue[str], tmp_path: Path
) -> None:
    execution = runner.start(Job(stage="hang", delivery=DELIVERY, timeout_s=60.0))
    tree = _wait_for_a_tool()
    runner.cancel("hang-unknown")
    assert runner.state(execution).status == "running"
    runner.cancel(execution)
    assert ended.get(timeout=20) == execution
    assert runner.state(execution).status == "failed"
    _, alive = psutil.wait_procs(tree, timeout=10)
    assert not alive
    assert _run(runner, ended, "note", file=str(tmp_path / "out")).status == "succeeded"


def test_closing_leaves_no_process(runner: LocalJobRunner) -> None:
    execution = runner.start(Job(stage="hang", delivery=DELIVERY, timeout_s=60.0))
    tree = _wait_for_a_tool()
    runner.close()
    assert runner.state(execution) == JobState(status="failed", error="The job was stopped with its host.")
    _, alive = psutil.wait_procs(tree, timeout=10)
    assert not alive


@pytest.mark.reliability("B22", "B24")
def test_workers_die_with_a_parent_that_is_killed(functions: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys, threading\n"
        "from pathlib import Path\n"
        "from shared.adapters.local_jobs import LocalJobRunner\n"
        "from shared.domain.wire import Delivery\n"
        "from shared.ports.job_runner import Job\n"
        f"runner = LocalJobRunner(2, environment=dict(os.environ), log_dir=Path({str(tmp_path)!r}))\n"
        f"runner.start(Job(stage='hang', delivery={DELIVERY!r}, timeout_s=60))\n"
        "runner.warm_up()\n"
        "print('ready', flush=True)\n"
        "threading.Event().wait()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], env=_environment(functions), stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert parent.stdout is not None
        with parent.stdout:
            assert parent.stdout.readline() == b"ready\n"
            tool = _wait_for_a_tool(parent.pid)[-1]
            workers = psutil.Process(parent.pid).children()
            assert len(workers) == 2
            parent.send_signal(signal.SIGKILL)
            _, alive = psutil.wait_procs(workers, timeout=10)
            assert not alive
    finally:
        parent.kill()
        parent.wait()
        with contextlib.suppress(psutil.NoSuchProcess):
            tool.kill()  # It has no sandbox that would end it.


def _children() -> list[psutil.Process]:
    """Returns the workers of this process, which may have emulators for children as well."""
    return [child for child in psutil.Process().children() if "shared.adapters.local_worker" in child.cmdline()]


def _wait_for_a_tool(pid: int | None = None) -> list[psutil.Process]:
    """Returns the processes below one, once a `sleep` is among them; it last."""
    for _ in range(2000):
        workers = psutil.Process(pid).children() if pid else _children()
        tree = [*workers, *(process for worker in workers for process in worker.children(recursive=True))]
        tools = [process for process in tree if _name(process) == "sleep"]
        if tools:
            return [process for process in tree if process not in tools] + tools
        time.sleep(0.01)
    raise AssertionError("the tool never started")


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


@pytest.fixture
def stubborn(functions: Path, tmp_path: Path, ended: queue.SimpleQueue[str]) -> Iterator[LocalJobRunner]:
    """A runner of two workers that tries each task three times."""
    runner = LocalJobRunner(
        2, environment=_environment(functions), log_dir=tmp_path / "logs", tries=3, on_end=ended.put
    )
    yield runner
    runner.close()


@pytest.mark.parametrize(
    ("deaths", "status", "given"), [(0, "succeeded", 5), (2, "succeeded", 7), (9, "failed", 7)]
)
def test_of_many_tasks_only_those_that_die_are_tried_again(
    stubborn: LocalJobRunner, ended: queue.SimpleQueue[str], tmp_path: Path, deaths: int, status: str, given: int
) -> None:
    file = tmp_path / "tasks"
    delivery = replace(DELIVERY, data={"file": str(file), "bad": 1, "deaths": deaths})
    execution = stubborn.start(Job(stage="count", delivery=delivery, timeout_s=30.0, tasks=5))
    assert ended.get(timeout=30) == execution
    assert stubborn.state(execution).status == status
    told = sorted(file.read_text())
    assert set(told) == set("01234")
    assert (len(told), told.count("1")) == (given, min(deaths + 1, 3))


def test_cancelling_ends_all_tasks_and_begins_no_more(
    stubborn: LocalJobRunner, ended: queue.SimpleQueue[str]
) -> None:
    execution = stubborn.start(Job(stage="hang", delivery=DELIVERY, timeout_s=60.0, tasks=5))
    stubborn.cancel(execution)
    assert ended.get(timeout=30) == execution
    assert stubborn.state(execution).status == "failed"
    assert stubborn.start(Job(stage="hang", delivery=DELIVERY, timeout_s=60.0)) != execution
