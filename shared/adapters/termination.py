"""SIGTERM: whoever runs a process lets it give back what it is at, and kills it ten seconds later."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

from shared.interruption import interrupt

__all__ = ["GRACE_S", "end_on_sigterm"]

GRACE_S: Final = 8
"""How long what can't be interrupted may take to end by itself; Cloud Run kills after ten seconds."""


def end_on_sigterm() -> None:
    """Has this process, once it gets SIGTERM, give back what it is at, kill its tools, and end within GRACE_S.

    A thread does that: the main thread, where Python handles signals, may be deep in a model's native code, or
    hold a lock that giving back needs. To be called by the main thread; a handler that is there stays.
    """
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(reader,), name="sigterm", daemon=True).start()


def _wait(reader: int) -> None:
    while signal.SIGTERM not in os.read(reader, 64):
        pass  # another signal
    from shared.adapters.process_tree import kill_descendants  # which most processes end without

    ends_s = time.monotonic() + GRACE_S
    interrupt()
    kill_descendants(os.getpid())  # after the claims: a tool that was killed must not count as one that failed
    time.sleep(max(0.0, ends_s - time.monotonic()))
    os._exit(1)
