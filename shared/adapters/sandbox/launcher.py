"""Confines itself, then becomes the program it was asked to start.

Runs as ``python -I -S launcher.py PARENT MEMORY_BYTES CPU_S FILE_BYTES PROGRAM ARGUMENT...`` in a session of its
own. A separate program because ``preexec_fn`` may deadlock in a process that has threads. Without a program it
only says by its exit code whether the network can be cut off.

It runs before each of some twenty programs a video: it takes 6.5 ms, and would take 11.6 with ``signal`` and
``typing``, which is half a percent of a short transcode.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL, _SIGPIPE, _SIGXFSZ = 9, 13, 25
_SIG_DFL = 0
_OPEN_FILES = 256


def _main(arguments: list[str]) -> NoReturn:
    libc = ctypes.CDLL(None)
    # An empty network namespace; a user namespace is what lets anybody make one, and takes root's powers away.
    network_is_cut = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
    if not arguments:
        sys.exit(0 if network_is_cut else 1)
    parent, memory_bytes, cpu_s, file_bytes = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Nothing may outlive a killed worker. The kernel sends this when the *thread* that started us ends.
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # the parent died before the line above: nobody would ever be told
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_AS, memory_bytes),
    ):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    # Python ignores these two, and what is ignored stays ignored in the program.
    libc.signal(_SIGPIPE, _SIG_DFL)
    libc.signal(_SIGXFSZ, _SIG_DFL)
    os.execve(program[0], program, {})  # noqa: S606  # no shell is the point; the empty environment has no secrets


if __name__ == "__main__":
    _main(sys.argv[1:])
