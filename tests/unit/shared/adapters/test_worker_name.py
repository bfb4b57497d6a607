"""A worker is known to be gone only where it can be looked for."""

from __future__ import annotations

import os
import subprocess
import sys
from socket import gethostname

from shared.adapters.worker_name import has_ended, worker_name


def test_a_process_of_this_host_is_there_until_it_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not has_ended(f"{gethostname()}:{process.pid}")
    assert has_ended(f"{gethostname()}:{process.pid}")
    assert not has_ended(worker_name())
    assert not has_ended(f"{gethostname()}:1"), "it is somebody else's, but there"


def test_there_is_no_telling_about_others() -> None:
    for name in (f"another-{gethostname()}:{os.getpid()}", "projects/p/executions/e", "worker"):
        assert not has_ended(name)
