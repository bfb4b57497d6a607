"""Runs a program, and kills it with everything it started as soon as either end lets go.

Runs as ``python -I -S keeper.py PROGRAM ARGUMENT...`` at the head of a session of its own, with a pipe on stdin
whose other end only the starter holds: when the starter is gone, however it went, the pipe ends. That also reaches
grandchildren, such as the Java under ``gcloud``, which the kernel would not tell of the starter's death and which
``gcloud`` moves to another process group.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

__all__ = ["kill_session"]


def kill_session(session: int) -> None:
    """Kills every process of a session but the one that calls this.

    Args:
        session: The id of its leader, who may be gone.
    """
    stopped: set[int] = set()
    # Stopped first, so that none can start another between the look and the kill.
    while running := _members(session) - stopped - {os.getpid()}:
        for pid in running:
            _signal(pid, signal.SIGSTOP)
        stopped |= running
    for pid in stopped:
        _signal(pid, signal.SIGKILL)


def _members(session: int) -> set[int]:
    members = set()
    for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == session:
                members.add(pid)
    return members


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _main(command: list[str]) -> None:
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    select.select([sys.stdin, os.pidfd_open(program.pid)], [], [])
    kill_session(os.getsid(0))


if __name__ == "__main__":
    _main(sys.argv[1:])
