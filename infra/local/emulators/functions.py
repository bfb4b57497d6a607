"""The functions as Google Cloud runs them: the command of their containers, a process each."""

from __future__ import annotations

import shutil
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Final

from infra.local.emulators.kept_process import KeptProcess, free_port
from infra.local.source import SOURCE_ROOT, python_path
from shared.domain.errors import ConfigurationError

__all__ = ["API_THREADS", "FunctionProcess"]

API_THREADS: Final = 8
"""Requests that the API answers at a time. Other functions do one delivery at a time, as they are deployed to."""

_CONFIGURATION: Final = SOURCE_ROOT / "infra" / "gunicorn.conf.py"
_APPLICATION: Final = "functions_framework:create_app()"

_START_TIMEOUT_S: Final = 60.0
_MOST_DEATHS: Final = 5
_WITHIN_S: Final = 30.0


class FunctionProcess:
    """A function in a process of its own, which is replaced when it dies.

    Args:
        name: Its name, and that of its folder.
        folder: Where its files lie while it works; what a dead process left there is removed.
        log_dir: Folder for what it prints.
        environment: The environment of all functions.
        threads: Requests it handles at a time.
        host: Address to listen on.
        port: Port to listen on; 0 takes any.

    Attributes:
        name: Its name.
        url: Where it takes requests.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        log_dir: Path,
        environment: Mapping[str, str],
        *,
        threads: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.name = name
        port = free_port(host, port)
        self.url = f"http://{host}:{port}"
        self._folder = folder
        self._deaths: deque[float] = deque(maxlen=_MOST_DEATHS)
        command = [sys.executable, "-P", "-m", "gunicorn", "--config", str(_CONFIGURATION), "--name", name]
        self._process = KeptProcess(
            f"the function {name}",
            [*command, "--bind", f"{host}:{port}", _APPLICATION],
            address=(host, port),
            environment={
                **environment,
                "AUTOMATIONS_DATA_DIR": str(folder),
                "PYTHONPATH": python_path(),
                "FUNCTION_SOURCE": str(SOURCE_ROOT / "functions" / name / "main.py"),
                "FUNCTION_TARGET": name,
                "THREADS": str(threads),
            },
            log=log_dir / f"{name}.log",
        )

    def start(self) -> None:
        """Starts it, with nothing left of an earlier life."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._process.start()

    def wait_until_ready(self) -> None:
        """Waits until it takes requests. Raises ConfigurationError ``not_started``."""
        self._process.wait_until_listening(_START_TIMEOUT_S)

    def revive(self) -> bool:
        """Starts it again if it died; tells whether it had.

        Raises:
            ConfigurationError: ``function_dies``: it keeps doing so.
        """
        if self._process.alive:
            return False
        self._process.kill()  # what it started may have survived it
        self._deaths.append(monotonic())
        if len(self._deaths) == _MOST_DEATHS and monotonic() - self._deaths[0] < _WITHIN_S:
            raise ConfigurationError(
                "function_dies", f"The function {self.name} keeps dying; {self._process.log} tells why."
            )
        self.start()
        return True

    def kill(self) -> None:
        """Ends it with everything it started."""
        self._process.kill()
