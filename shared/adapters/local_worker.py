"""A worker process of LocalJobRunner: ``python -m shared.adapters.local_worker PARENT_PID FD STAGE...``.

Gets jobs over a connection, calls the function each is for, and sends back how it went. It never outlives the
process that started it: on Linux the kernel sees to that, elsewhere the end of the connection tells.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections import deque
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from shared.adapters.job_task import endpoint_of
from shared.adapters.process_tree import die_with_parent, kill_descendants
from shared.adapters.termination import end_on_sigterm
from shared.domain.codec import decode
from shared.domain.errors import PipelineError, TransientError
from shared.domain.wire import Delivery
from shared.logs import logger

__all__ = ["main"]


def main() -> None:
    """Serves jobs until the parent hangs up."""
    parent_pid, descriptor, *stages = sys.argv[1:]
    die_with_parent(int(parent_pid))
    end_on_sigterm()
    os.set_inheritable(int(descriptor), False)
    connection: Connection[bytes, bytes] = Connection(int(descriptor))
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    cold = deque(stages)
    while True:
        try:
            job = jobs.get(block=not cold)
        except queue.Empty:
            # Nothing to do yet: import one function ahead of its first job. One that can't be imported tells
            # so when it is called.
            with contextlib.suppress(Exception):
                import_module(f"functions.{cold.popleft()}.main")
            continue
        connection.send_bytes(json.dumps(_handle(json.loads(job))).encode())


def _receive(connection: Connection[bytes, bytes], jobs: queue.SimpleQueue[bytes]) -> None:
    while True:
        try:
            jobs.put(connection.recv_bytes())
        except (EOFError, OSError):
            kill_descendants(os.getpid())
            os._exit(0)


def _handle(job: dict[str, Any]) -> dict[str, Any]:
    try:
        endpoint_of(job["stage"]).handle(decode(Delivery, job["delivery"]))
    except Exception as error:  # Whatever the function raised is its answer, as it is for functions-framework.
        if not isinstance(error, PipelineError):
            logger().exception("job_failed", stage=job["stage"])
        retry_after_s = error.retry_after_s if isinstance(error, TransientError) else None
        text = str(error) if isinstance(error, PipelineError) else f"{type(error).__name__}: {error}"
        return {"status": "failed", "error": text, "retry_after_s": retry_after_s}
    return {"status": "succeeded"}


if __name__ == "__main__":
    main()
