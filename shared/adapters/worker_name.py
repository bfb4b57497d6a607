"""What a worker calls itself in leases and attempts, and whether it is still there."""

from __future__ import annotations

import os
import socket

__all__ = ["has_ended", "worker_name"]


def worker_name(execution: str | None = None) -> str:
    """Returns the name of this process: its host, or the job execution it is a task of, and its number there."""
    return f"{execution or socket.gethostname()}:{os.getpid()}"


def has_ended(worker: str) -> bool:
    """Tells whether a worker was a process of this host that is gone; of other hosts' there is no telling."""
    host, _, pid = worker.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # somebody else's, but there
        return False
    return False
