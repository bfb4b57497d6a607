"""One outside program: confined, watched, ended with everything it started, and accounted for."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from shared.adapters.sandbox.limits import ToolLimits, limit_error
from shared.domain.attempt import ToolRun
from shared.ports.tool_session import ToolSession

__all__ = ["RunningTool", "network_is_cut", "running"]

# -I: nothing of the environment or the user's site is read; -S: no site packages; both keep it at a few ms.
_LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py")))
_LOG_TAIL_BYTES = 8192
_ASK_EVERY_S = 1.0
"""How long a program may go on with what does not count any more."""


class RunningTool:
    """A program while it runs and after it has ended.

    Attributes:
        command: Its argument list.
        stdout: What it writes.
        returncode: Exit status, negative for a signal; set when running() is left.
        log_tail: The last lines of its stderr; set when running() is left.
        timed_out: True when it was killed at its deadline.
        stopped: Why it was killed before: what the session said when it was asked; None otherwise.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        session: ToolSession,
        limits: ToolLimits,
        pass_fds: tuple[int, ...],
        on_log: Callable[[str], None] | None,
    ) -> None:
        timeout_s = min(session.remaining_s(), limits.timeout_s)
        self.command = tuple(command)
        self.returncode = 0
        self.log_tail = ""
        self.timed_out = False
        self.stopped: Exception | None = None
        self._session = session
        self._on_log = on_log
        self._log = self._line = b""
        self._started = time.monotonic()
        self._deadline = self._started + timeout_s
        self._ask_at = self._started
        # Busy on every core until the deadline and then some: only what escapes the deadline runs into this.
        cpu_s = math.ceil(timeout_s * (os.cpu_count() or 1)) + 10
        self._process = subprocess.Popen(
            [
                *_LAUNCHER,
                *(str(number) for number in (os.getpid(), limits.memory_bytes, cpu_s, limits.file_bytes)),
                *self.command,
            ],
            cwd=folder,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        assert self._process.stdout  # noqa: S101  # a pipe was asked for
        self.stdout: IO[bytes] = self._process.stdout
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{self._process.pid}", daemon=True)
        self._watcher.start()

    def kill(self) -> None:
        """Ends the program and everything in its process group, at once."""
        # The group's number can't have been given to others: its leader is not reaped before finish().
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def finish(self) -> ToolRun:
        """Waits for the end, which the deadline bounds, and returns what the program used."""
        self._watcher.join()
        _, status, usage = os.wait4(self._process.pid, 0)
        self.returncode = self._process.returncode = os.waitstatus_to_exitcode(status)
        self.stdout.close()
        self.log_tail = self._log.decode(errors="replace")
        return ToolRun(
            command=self.command,
            returncode=self.returncode,
            wall_s=time.monotonic() - self._started,
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_memory_bytes=usage.ru_maxrss * 1024,
            log_tail=self.log_tail,
        )

    def _watch(self) -> None:
        """Keeps the log's tail and ends the group: when it is over, or as soon as its leader has ended."""
        assert self._process.stderr  # noqa: S101  # a pipe was asked for
        stderr, leader = self._process.stderr, os.pidfd_open(self._process.pid)
        os.set_blocking(stderr.fileno(), False)
        with stderr, selectors.DefaultSelector() as selector:
            selector.register(stderr, selectors.EVENT_READ)
            selector.register(leader, selectors.EVENT_READ)
            while True:
                ready = selector.select(max(min(self._deadline, self._ask_at) - time.monotonic(), 0))
                if any(key.fd == leader for key, _ in ready):
                    break
                if ready and not self._read_log(stderr):
                    selector.unregister(stderr)
                if self._is_over():
                    break
            self.kill()
            while self._read_log(stderr):
                pass
        os.close(leader)

    def _is_over(self) -> bool:
        """Tells whether the time is over, or the session, if it is time to ask it, says that all is in vain."""
        now = time.monotonic()
        self.timed_out = now >= self._deadline
        if not self.timed_out and now >= self._ask_at:
            self._ask_at = now + _ASK_EVERY_S
            try:
                self._session.progress(0.0)
            except Exception as error:  # whatever it is, who waits for the program has to hear it
                self.stopped = error
        return self.timed_out or self.stopped is not None

    def _read_log(self, stderr: IO[bytes]) -> bool:
        """Takes in what there is and returns False at the end."""
        chunk = stderr.read(65536)
        if not chunk:
            return False
        if self._on_log:
            *lines, self._line = (self._line + chunk).split(b"\n")
            for line in lines:
                self._on_log(line.decode(errors="replace"))
        self._log = (self._log + chunk)[-_LOG_TAIL_BYTES:]
        return True


@contextlib.contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    session: ToolSession,
    limits: ToolLimits,
    *,
    pass_fds: tuple[int, ...] = (),
    on_log: Callable[[str], None] | None = None,
) -> Iterator[RunningTool]:
    """Runs a program while the block reads its output; leaving the block waits for its end.

    An error raised in the block kills the program with everything it started; so does what the session raises when
    it is asked, at once and then every second, whether the attempt still counts: LeaseLost above all. However the
    program ends, the session gets its record. The thread that enters must live until the block is left: the kernel
    kills the program when that thread ends.

    Args:
        command: Absolute path of the program, and its arguments.
        folder: Private folder to run in.
        session: The attempt; its deadline holds. It is asked in another thread.
        limits: What the program may use.
        pass_fds: Open files that the program inherits.
        on_log: Called with every line of stderr, in another thread.

    Raises:
        TransientError: A limit was reached: ``tool_timeout``, ``tool_memory_limit``, ``tool_cpu_limit``,
            ``tool_file_limit``, ``tool_killed``, ``disk_full``.
        LeaseLost: The attempt no longer counts.
    """
    tool = RunningTool(command, folder, session, limits, pass_fds, on_log)
    try:
        yield tool
    except BaseException as error:
        tool.kill()
        session.record(tool.finish())
        if tool.stopped is None or tool.stopped is error:
            raise
        # What broke off in the middle may look like anything.
        raise tool.stopped from error
    session.record(tool.finish())
    if tool.stopped is not None:
        raise tool.stopped
    reached = limit_error(tool.command, tool.returncode, tool.log_tail, timed_out=tool.timed_out)
    if reached:
        raise reached


def network_is_cut() -> bool:
    """Returns whether this host lets programs run without any network."""
    return subprocess.run(_LAUNCHER, env={}, check=False, timeout=10).returncode == 0
