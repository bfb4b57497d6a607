from __future__ import annotations

import subprocess
import sys
import textwrap

import psutil
import pytest

CHILD = """
import ctypes, sys
from shared.adapters.process_tree import die_with_parent
die_with_parent(int(sys.argv[1]))
print("ready", flush=True)
ctypes.PyDLL(None).sleep(60)  # holds the interpreter, as a stuck library does: no thread of it can notice anything
"""

PARENT = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
@pytest.mark.reliability("B16", "B24")
def test_a_stuck_child_dies_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(PARENT)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
    try:
        parent.kill()
        parent.wait()
        assert not psutil.wait_procs([child], timeout=5)[1]
    finally:
        if child.is_running():
            child.kill()
