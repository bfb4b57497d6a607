"""That nothing outlives whom it was started by, whichever of them dies how."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.local.emulators.kept_process import KeptProcess, free_port
from infra.local.source import SOURCE_ROOT
from shared.domain.errors import ConfigurationError

# Like gcloud: a program that moves to a process group of its own and leaves the work to a child, which listens.
PROGRAM = """
import os, socket, subprocess, sys
os.setpgid(0, 0)
child = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
subprocess.run([sys.executable, "-c", child, sys.argv[1]])
"""

STARTER = """
import os, sys, time
from pathlib import Path
from infra.local.emulators.kept_process import KeptProcess
port, log = int(sys.argv[1]), Path(sys.argv[2])
kept = KeptProcess("it", [sys.executable, "-c", sys.argv[3], str(port)], address=("127.0.0.1", port),
                   environment=os.environ, log=log)
kept.start()
kept.wait_until_listening(30)
print("listening", flush=True)
time.sleep(600)
"""


def program(log: Path, *, text: str = PROGRAM) -> KeptProcess:
    port = free_port()
    return KeptProcess(
        "it",
        [sys.executable, "-c", text, str(port)],
        address=("127.0.0.1", port),
        environment=os.environ,
        log=log,
    )


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def ends(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=10)[1]


def kill_the_keeper(kept: KeptProcess) -> None:
    psutil.Process(kept.pid).kill()
    psutil.wait_procs([psutil.Process(kept.pid)], timeout=10)
    kept.kill()


@pytest.mark.parametrize("end", [KeptProcess.kill, kill_the_keeper])
def test_ends_with_everything_it_started(tmp_path: Path, end: Callable[[KeptProcess], None]) -> None:
    kept = program(tmp_path / "log")
    kept.start()
    kept.wait_until_listening(30)
    started = family(kept.pid)
    assert len(started) == 3
    assert len({os.getpgid(process.pid) for process in started}) == 2
    end(kept)
    assert ends(started)
    assert not kept.alive


def test_ends_when_the_program_does(tmp_path: Path) -> None:
    kept = program(tmp_path / "log")
    kept.start()
    kept.wait_until_listening(30)
    _, itself, child = family(kept.pid)
    itself.kill()
    assert ends([itself, child])
    deadline = time.monotonic() + 10
    while kept.alive:
        assert time.monotonic() < deadline
    kept.kill()


def test_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(free_port()), str(tmp_path / "log"), PROGRAM]
    with subprocess.Popen(
        command,
        cwd=SOURCE_ROOT,
        env={**os.environ, "PYTHONPATH": str(SOURCE_ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "listening\n"
        started = psutil.Process(starter.pid).children(recursive=True)
        assert len(started) == 3
        starter.kill()
    assert ends(started)


def test_one_that_does_not_start_says_where_to_look(tmp_path: Path) -> None:
    kept = program(tmp_path / "logs" / "log", text="raise SystemExit('no such luck')")
    kept.start()
    with pytest.raises(ConfigurationError, match=f"Can't start it; {tmp_path}/logs/log tells why"):
        kept.wait_until_listening(30)
    kept.kill()
    assert "no such luck" in kept.log.read_text()


def test_a_port_that_is_taken_is_told_of(tmp_path: Path) -> None:
    kept = program(tmp_path / "log")
    kept.start()
    kept.wait_until_listening(30)
    with pytest.raises(ConfigurationError, match="choose another --port"):
        free_port(*kept.address)
    started = family(kept.pid)
    kept.kill()
    assert ends(started)
    assert free_port(*kept.address) == kept.address[1]
