"""A program on this machine that ends with everything it started: when told to, and when this process ends."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.local.emulators.keeper import kill_session
from shared.domain.errors import ConfigurationError

__all__ = ["KeptProcess", "free_port"]

_KEEPER: Final = Path(__file__).with_name("keeper.py")
_POLL_S: Final = 0.05


class KeptProcess:
    """A program in a session of its own, listening on a port.

    Args:
        name: For people.
        command: Its argument list.
        address: Host and port it listens on.
        environment: Its whole environment.
        log: File for what it prints.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        address: tuple[str, int],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        self.name = name
        self.address = address
        self.log = log
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Id of the process that leads its session."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_KEEPER), *self._command],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Ends it with everything it started; there is nothing here that would need an orderly end."""
        if self._process is not None:
            kill_session(self._process.pid)  # also when the keeper was killed, and could not do it
            self._process.communicate()

    def wait_until_listening(self, timeout_s: float) -> None:
        """Waits until somebody listens at its address.

        Raises:
            ConfigurationError: ``not_started``: it ended, or took too long.
        """
        deadline = time.monotonic() + timeout_s
        while self.alive and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=1):
                return
            time.sleep(_POLL_S)
        raise ConfigurationError("not_started", f"Can't start {self.name}; {self.log} tells why.")


def free_port(host: str = "127.0.0.1", port: int = 0) -> int:
    """Returns a port that nobody listens on: the one asked for, or any.

    Raises:
        ConfigurationError: ``port_in_use``: somebody listens at the one asked for.
    """
    try:
        with socket.create_server((host, port)) as listener:
            return int(listener.getsockname()[1])
    except OSError as error:
        raise ConfigurationError(
            "port_in_use", f"Can't listen on {host}:{port}. Stop what does, or choose another --port."
        ) from error
