"""Programs stay within their limits and leave nothing behind, tried with real processes."""

from __future__ import annotations

import resource
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from pytest_mock import MockerFixture

from shared.adapters.sandbox import RunningTool, ToolLimits, network_is_cut, running
from shared.adapters.sandbox.limits import limit_error
from shared.domain.errors import LeaseLost, TransientError
from shared.testing.stage_context import FakeStageContext
from tests.requirement import missing

_ROOT = Path(__file__).parents[5]
# Ignores SIGTERM, starts a child that does too, writes both numbers down, and stays.
_STUBBORN = """
    import os, signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = os.fork()
    if child:
        open("pids", "w").write(f"{os.getpid()} {child}")
        print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def session(tmp_path: Path) -> FakeStageContext:
    return FakeStageContext(tmp_path, deadline_s=20)


def _run(code: str, session: FakeStageContext, limits: ToolLimits | None = None) -> tuple[RunningTool, str]:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with running(command, session.workspace, session, limits or ToolLimits()) as tool:
        output = tool.stdout.read().decode()
    return tool, output


def _gone(pids: str) -> bool:
    """Waits until none of the processes runs; what is dead but not yet reaped by its new parent is gone."""
    deadline = time.monotonic() + 10
    waiting = set(pids.split())
    while waiting and time.monotonic() < deadline:
        waiting = {pid for pid in waiting if _runs(int(pid))}
        time.sleep(0.01)
    return not waiting


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_program_that_ends_well_is_recorded(session: FakeStageContext) -> None:
    tool, output = _run("import sys; print('out'); sys.stderr.write('word'); sum(range(10**6))", session)
    assert output == "out\n"
    (run,) = session.tools
    assert (run.returncode, run.log_tail, run.command) == (0, "word", tool.command)
    assert run.wall_s >= run.cpu_s * 0.5 > 0
    assert run.peak_memory_bytes > 1 << 20


def test_failure_of_its_own_is_left_to_the_caller(session: FakeStageContext) -> None:
    tool, _ = _run("raise SystemExit(3)", session)
    assert tool.returncode == session.tools[0].returncode == 3


def test_confinement(session: FakeStageContext) -> None:
    code = """
        import os, resource as r
        print(dict(os.environ) or "empty", os.getcwd(), os.getsid(0) == os.getpid(), os.read(0, 1))
        print(*(r.getrlimit(x)[0] for x in (r.RLIMIT_CORE, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_AS)))
        print(r.getrlimit(r.RLIMIT_CPU)[0] < 10_000)
    """
    _, output = _run(code, session, ToolLimits(memory_bytes=1 << 30, file_bytes=1 << 20))
    environment = output.splitlines()[0].partition("} ")[0] + "}"
    # Python itself sets this one when it finds no locale.
    assert environment in {"{'LC_CTYPE': 'C.UTF-8'}", "empty"}
    assert f"{session.workspace} True b''" in output
    assert f"0 256 {1 << 20} {1 << 30}\nTrue" in output


def test_no_network(session: FakeStageContext) -> None:
    if not network_is_cut():
        missing("this host does not let a process leave the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tool, _ = _run(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)", session)
    assert tool.returncode == 1
    assert "OSError" in tool.log_tail


@pytest.mark.reliability("B16")
def test_deadline_kills_what_ignores_termination(session: FakeStageContext) -> None:
    with pytest.raises(TransientError, match="tool_timeout"):
        _run(_STUBBORN, session, ToolLimits(timeout_s=1))
    pids = (session.workspace / "pids").read_text()
    assert len(pids.split()) == 2
    assert _gone(pids)
    assert session.tools[0].returncode == -signal.SIGKILL
    assert session.tools[0].wall_s < 5


@pytest.mark.reliability("B16")
def test_the_attempts_deadline_holds_without_a_timeout(tmp_path: Path) -> None:
    session = FakeStageContext(tmp_path, deadline_s=0.5)
    with pytest.raises(TransientError, match="tool_timeout"):
        _run("import time; time.sleep(60)", session)


@pytest.mark.reliability("B16")
def test_children_of_a_program_that_ended_are_gone(session: FakeStageContext) -> None:
    code = """
        import os, time
        leader = os.fork()
        print(os.getpid(), flush=True)
        if not leader:
            time.sleep(60)
    """
    started = time.monotonic()
    _, output = _run(code, session)
    assert _gone(output)
    assert time.monotonic() - started < 10


def test_lost_lease_kills_at_once(session: FakeStageContext, mocker: MockerFixture) -> None:
    command = [sys.executable, "-c", textwrap.dedent(_STUBBORN)]

    def report() -> None:
        with running(command, session.workspace, session, ToolLimits()) as tool:
            tool.stdout.readline()
            mocker.patch.object(session, "progress", side_effect=LeaseLost("a newer attempt took over"))
            session.progress(0.5)

    with pytest.raises(LeaseLost):
        report()
    assert _gone((session.workspace / "pids").read_text())
    assert session.tools[0].returncode == -signal.SIGKILL
    assert session.tools[0].wall_s < session.deadline_s / 2


@pytest.mark.reliability("B10")
def test_lost_lease_kills_what_nobody_reads_from(session: FakeStageContext, mocker: MockerFixture) -> None:
    pids = session.workspace / "pids"

    def progress(fraction: float) -> None:
        del fraction
        if pids.exists() and len(pids.read_text().split()) == 2:
            raise LeaseLost("a newer attempt took over")

    mocker.patch.object(session, "progress", side_effect=progress)
    with pytest.raises(LeaseLost):
        _run(_STUBBORN, session)
    assert _gone(pids.read_text())
    assert session.tools[0].returncode == -signal.SIGKILL
    assert session.tools[0].wall_s < session.deadline_s / 2


def test_what_was_stopped_is_not_blamed_for_what_it_left_unsaid(
    session: FakeStageContext, mocker: MockerFixture
) -> None:
    mocker.patch.object(session, "progress", side_effect=LeaseLost("a newer attempt took over"))
    command = [sys.executable, "-c", "import time; time.sleep(60); print(3)"]

    def read_number() -> None:
        with running(command, session.workspace, session, ToolLimits()) as tool:
            int(tool.stdout.read())

    with pytest.raises(LeaseLost) as lost:
        read_number()
    assert isinstance(lost.value.__cause__, ValueError)


@pytest.mark.reliability("B22", "B24")
def test_nothing_outlives_a_killed_worker(tmp_path: Path) -> None:
    code = f"""
        import sys
        from pathlib import Path
        from shared.adapters.sandbox import ToolLimits, running
        from shared.testing.stage_context import FakeStageContext
        session = FakeStageContext(Path({str(tmp_path)!r}))
        sleep = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
        with running(sleep, session.workspace, session, ToolLimits()) as tool:
            print(int(tool.stdout.readline()), flush=True)
            tool.stdout.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=_ROOT, env={"PYTHONPATH": "."}
    ) as worker:
        assert worker.stdout
        child = int(worker.stdout.readline())
        assert psutil.pid_exists(child)
        worker.kill()
    assert _gone(str(child))


@pytest.mark.reliability("B15")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os.write(2, b'Cannot allocate memory'); raise SystemExit(244)", "tool_memory_limit"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "tool_cpu_limit"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "tool_killed"),
        ("import os; os.write(2, b'No space left on device'); raise SystemExit(1)", "disk_full"),
        ("import os; os.write(2, b'Fail to write to file in x'); raise SystemExit(1)", "disk_full"),
    ],
)
def test_limits_have_codes(code: str, expected: str, session: FakeStageContext) -> None:
    with pytest.raises(TransientError) as error:
        _run(code, session)
    assert error.value.code == expected
    assert error.value.command == session.tools[0].command


@pytest.mark.reliability("B15")
def test_files_are_limited(session: FakeStageContext) -> None:
    command = [str(shutil.which("dd")), "if=/dev/zero", "of=large", "bs=1M", "count=2"]
    with (
        pytest.raises(TransientError, match="tool_file_limit"),
        running(command, session.workspace, session, ToolLimits(file_bytes=1 << 20)) as tool,
    ):
        tool.stdout.read()
    assert (session.workspace / "large").stat().st_size == 1 << 20


@pytest.mark.reliability("B15")
def test_memory_is_limited(session: FakeStageContext) -> None:
    tool, _ = _run("bytes(1 << 30)", session, ToolLimits(memory_bytes=1 << 29))
    assert "MemoryError" in tool.log_tail


@pytest.mark.reliability("B15")
def test_computing_time_is_limited(session: FakeStageContext) -> None:
    """The kernel's own limit, below the deadline's, on a host that lets it be set that low."""
    code = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass"
    with pytest.raises(TransientError, match=r"tool_cpu_limit|tool_killed"):
        _run(code, session)
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] != 1


@pytest.mark.reliability("B15")
@pytest.mark.parametrize(
    "told",
    [
        "Cannot allocate memory",
        "Resource temporarily unavailable",
        "std::bad_alloc",
        "malloc of size 12259584 failed",
        "Error while opening encoder - maybe incorrect parameters",
    ],
)
@pytest.mark.parametrize(("returncode", "timed_out"), [(245, False), (-signal.SIGABRT, False), (-9, True)])
def test_a_program_that_got_no_memory_is_told_from_one_that_is_slow(
    told: str, returncode: int, *, timed_out: bool
) -> None:
    error = limit_error(("x",), returncode, f"[error] {told}\n", timed_out=timed_out)
    assert error is not None
    assert error.code == "tool_memory_limit"


def test_ordinary_ends_are_no_limit() -> None:
    assert limit_error(("x",), 0, "Cannot allocate memory", timed_out=False) is None
    assert limit_error(("x",), -signal.SIGSEGV, "", timed_out=False) is None


def test_only_the_end_of_the_log_is_kept(session: FakeStageContext) -> None:
    lines: list[str] = []
    command = [sys.executable, "-c", "import sys\nfor i in range(5000): print('line', i, file=sys.stderr)"]
    with running(command, session.workspace, session, ToolLimits(), on_log=lines.append) as tool:
        pass
    assert len(tool.log_tail) <= 8192
    assert tool.log_tail.endswith("line 4999\n")
    assert (lines[0], lines[-1], len(lines)) == ("line 0", "line 4999", 5000)


def test_a_program_that_is_not_there(session: FakeStageContext) -> None:
    with running(["/no/such/program"], session.workspace, session, ToolLimits()) as tool:
        pass
    assert tool.returncode == 1
    assert "FileNotFoundError" in tool.log_tail
