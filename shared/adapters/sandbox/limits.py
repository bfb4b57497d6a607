"""What a program may use of the machine, and which error tells that it wanted more."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from shared.domain.errors import TransientError

__all__ = ["ToolLimits", "limit_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLimits:
    """What one program may use; the attempt's deadline holds besides.

    Attributes:
        memory_bytes: Address space.
        file_bytes: Size of any file it writes.
        timeout_s: Seconds it may take, if less than what the attempt has left.
    """

    memory_bytes: int = 8 * 2**30
    file_bytes: int = 64 * 2**30
    timeout_s: float = float("inf")


_BY_SIGNAL = {
    signal.SIGXCPU: ("tool_cpu_limit", "The video takes more computing time than one attempt may use."),
    signal.SIGXFSZ: ("tool_file_limit", "The video makes a file larger than one attempt may write."),
    signal.SIGKILL: ("tool_killed", "The machine ended the program; it is probably short of memory."),
}
_DISK_FULL = ("disk_full", "The machine has no disk space left; free some and replay.")
_MEMORY = ("tool_memory_limit", "The video takes more memory than one attempt may use.")
_BY_LOG = {
    "Cannot allocate memory": _MEMORY,
    "Resource temporarily unavailable": _MEMORY,  # so says a thread for whose stack there is no address left
    "std::bad_alloc": _MEMORY,
    "malloc of size": _MEMORY,  # so says x264
    # All that is said if x264 gets no thread. What encoders are opened with is this product's, and no stranger's.
    "Error while opening encoder": _MEMORY,
    "No space left on device": _DISK_FULL,
    "Fail to write to file": _DISK_FULL,  # so says Shaka Packager, and no more
}
_TIMEOUT = ("tool_timeout", "The program took longer than the video or the attempt allows, and was killed.")


def limit_error(
    command: tuple[str, ...], returncode: int, log_tail: str, *, timed_out: bool
) -> TransientError | None:
    """Returns the error for a program that ran into a limit, None when it failed or succeeded on its own.

    All of them are transient: another machine may have more, and the stage's attempts are counted.
    """
    told = next((found for text, found in _BY_LOG.items() if text in log_tail), None)
    reason = told if returncode else None
    if timed_out and told != _MEMORY:  # FFmpeg may wait for ever for a thread of its own that got no memory
        reason = _TIMEOUT
    elif not timed_out and returncode < 0:
        reason = _BY_SIGNAL.get(signal.Signals(-returncode), told)
    return TransientError(*reason, log_tail=log_tail, command=command) if reason else None
