"""Ending a process together with everything it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

import psutil

__all__ = ["die_with_parent", "kill_descendants", "kill_tree"]

PR_SET_PDEATHSIG = 1


def kill_tree(pid: int) -> None:
    """Kills a process and all its descendants, also those that moved to sessions of their own.

    Args:
        pid: The process; one that is gone already is no error.
    """
    with contextlib.suppress(ProcessLookupError):
        # Stopped first, so that it can't start another child between the look and the kill.
        os.kill(pid, signal.SIGSTOP)
    kill_descendants(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_descendants(pid: int) -> None:
    """Kills everything that a process started, and leaves the process itself alone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


def die_with_parent(parent_pid: int) -> None:
    """Has the kernel kill this process when the thread that started it ends, however it ends; Linux only.

    Args:
        parent_pid: The parent as it was when it started this process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)  # It died before the kernel was asked.
