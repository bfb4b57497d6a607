"""The deployment on Google Cloud on one machine: emulators, a process a function, and what ties them together."""

from __future__ import annotations

import json
import os
import queue
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from types import MappingProxyType, TracebackType
from typing import Final

from google.api_core.exceptions import GoogleAPICallError
from google.pubsub_v1 import PublisherClient, PubsubMessage

from functions.sweep.stage import STEPS
from infra.local.data_dir import DataDirLock
from infra.local.emulators.announcement import Announcement
from infra.local.emulators.emulator import (
    PROJECT,
    Emulator,
    cloud_run_emulator,
    firestore_emulator,
    missing_emulators,
    pubsub_emulator,
    storage_emulator,
)
from infra.local.emulators.functions import API_THREADS, FunctionProcess
from infra.local.emulators.kept_process import KeptProcess
from infra.local.emulators.provisioning import create_buckets, create_topics
from infra.local.emulators.throwaway_account import throwaway_account
from infra.local.preflight import check_deployment
from shared.adapters.auth.own_issuer import OWN_ISSUER
from shared.adapters.signing_key import SigningKey
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError, PipelineError
from shared.domain.events import SweepDue
from shared.domain.topology import SWEEP_TOPIC, subscriptions
from shared.domain.wire import sweep_due_message
from shared.logs import logger

__all__ = ["EmulatorStack"]

_LOOK_EVERY_S: Final = 0.2
_ACCOUNT: Final = "GOOGLE_APPLICATION_CREDENTIALS"


class EmulatorStack:
    """Emulators and functions over a data folder, where they leave nothing but logs; a context manager.

    Everything is in the emulators' memory, and gone when it is left.

    Args:
        wiring: The deployment as the settings say, of which the flow and the settings of the functions are taken.
        host: Address that the API listens on.
        port: Port that the API listens on; 0 takes any.
        note: Told in a line of what a person should know.

    Attributes:
        environment: What makes a program use the emulators; the program that enters this uses them as well.

    Raises:
        DataDirInUse: On entering, when another process works on the folder.
        ConfigurationError: On entering, when something is missing or can't be started.
    """

    def __init__(self, wiring: Bootstrap, *, host: str, port: int, note: Callable[[str], None]) -> None:
        self.environment: dict[str, str] = {
            "AUTOMATIONS_PLATFORM": "google",
            "AUTOMATIONS_PROJECT": PROJECT,
            "AUTOMATIONS_AUTH__ISSUER": wiring.settings.auth.issuer or OWN_ISSUER,
        }
        self._secrets: dict[str, str] = {}
        self.api_url = ""
        self._wiring = wiring
        self._folder = wiring.settings.data_dir / "emulators"
        self.log_dir = self._folder / "logs"
        self._api_address = (host, port)
        self._note = note
        self._emulators: list[KeptProcess] = []
        self._functions: list[FunctionProcess] = []
        self._stopping = threading.Event()
        self._dead: queue.SimpleQueue[PipelineError] = queue.SimpleQueue()
        self._exits = ExitStack()

    def __enter__(self) -> EmulatorStack:
        if (missing := missing_emulators()) is not None:
            raise ConfigurationError("emulators_missing", missing)
        check_deployment(self._wiring)
        with ExitStack() as exits:
            exits.enter_context(DataDirLock(self._wiring.settings.data_dir))
            shutil.rmtree(self._folder, ignore_errors=True)
            self._start_emulators(exits)
            self._share_signing_key()
            self._start_functions(exits)
            self._provision()
            announced = {**self.environment, **self._secrets}
            exits.enter_context(Announcement(self._wiring.settings.data_dir, announced))
            self._run_until_exit(exits, self._tick)
            self._run_until_exit(exits, self._supervise)
            exits.callback(self._stopping.set)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def watch_over(self, timeout_s: float) -> None:
        """Waits for so many seconds, as long as everything runs.

        Raises:
            PipelineError: ``emulator_died``, with which everything is gone, or ``function_dies``.
        """
        try:
            raise self._dead.get(timeout=timeout_s)
        except queue.Empty:
            return

    def _start_emulators(self, exits: ExitStack) -> None:
        flow, settings = self._wiring.flow, self._wiring.settings
        self._start_emulator(exits, firestore_emulator(self.log_dir))
        pubsub = self._start_emulator(exits, pubsub_emulator(self.log_dir))
        storage = storage_emulator(
            self.log_dir,
            notify=pubsub.client_environment,
            topic=flow.stages[0].consumes,
            bucket=settings.upload_bucket,
        )
        self._start_emulator(exits, storage)
        jobs = {
            spec.stage: f"projects/{PROJECT}/locations/local/jobs/{spec.stage}"
            for spec in flow.stages
            if spec.job_timeout_s
        }
        self.environment["AUTOMATIONS_JOBS"] = json.dumps(jobs)
        tasks = {**os.environ, **self.environment, "AUTOMATIONS_DATA_DIR": str(self._folder / "jobs")}
        self._start_emulator(exits, cloud_run_emulator(self.log_dir, list(jobs.values()), tasks))

    def _start_emulator(self, exits: ExitStack, emulator: Emulator) -> Emulator:
        exits.enter_context(emulator)
        self._emulators.append(emulator.process)
        self.environment.update(emulator.client_environment)
        os.environ.update(self.environment)  # there is no other way to tell Google's clients
        return emulator

    def _share_signing_key(self) -> None:
        """Gives the functions the key that this folder's tokens are signed with, as Secret Manager would."""
        if self._wiring.settings.signing_key is None:
            key = SigningKey.kept_in(self._wiring.settings.data_dir / "keys")
            self._secrets["AUTOMATIONS_SIGNING_KEY"] = key.pem()
            os.environ.update(self._secrets)

    def _start_functions(self, exits: ExitStack) -> None:
        names = dict.fromkeys(subscription.function for subscription in subscriptions(self._wiring.flow))
        self._functions = [self._function(name) for name in names]
        host, port = self._api_address
        api = self._function("api", self._signing_account(), threads=API_THREADS, host=host, port=port)
        self.api_url = api.url
        self._functions.append(api)
        for function in self._functions:
            exits.callback(function.kill)
            function.start()
        for function in self._functions:
            function.wait_until_ready()

    def _signing_account(self) -> Mapping[str, str]:
        """Returns the environment that lets the API sign links to the emulated buckets."""
        chosen = self._wiring.settings
        calls_gemini = chosen.embedder == "gemini" and chosen.gemini.endpoint is None
        # An account that exists is needed there, and will do.
        if calls_gemini or _ACCOUNT in os.environ:
            return {}
        return {_ACCOUNT: str(throwaway_account(self._folder))}

    def _function(
        self,
        name: str,
        environment: Mapping[str, str] = MappingProxyType({}),
        *,
        threads: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> FunctionProcess:
        return FunctionProcess(
            name,
            self._folder / name,
            self.log_dir,
            {**os.environ, **environment},
            threads=threads,
            host=host,
            port=port,
        )

    def _provision(self) -> None:
        endpoints = {function.name: function.url for function in self._functions}
        create_topics(self._wiring.flow, endpoints, lease_s=self._wiring.settings.lease_s)
        create_buckets(self._wiring.settings)

    def _supervise(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            for emulator in self._emulators:
                if not emulator.alive:
                    raise PipelineError(
                        "emulator_died",
                        f"{emulator.name} ended, and what it held is gone; {emulator.log} may tell why.",
                    )
            for function in self._functions:
                if function.revive():
                    logger().warning("function_revived", function=function.name)
                    self._note(f"The function {function.name} died and was started again.")

    def _tick(self) -> None:
        """Sends what Cloud Scheduler would."""
        data, _ = sweep_due_message(SweepDue(steps=tuple(STEPS), within_s=self._wiring.flow.sweep_interval_s))
        topic, tick = PublisherClient.topic_path(PROJECT, SWEEP_TOPIC), PubsubMessage(data=data)
        with PublisherClient() as publisher:
            while not self._stopping.wait(self._wiring.flow.sweep_interval_s):
                with suppress(GoogleAPICallError):  # the next one will do
                    publisher.publish(topic=topic, messages=[tick])

    def _run_until_exit(self, exits: ExitStack, run: Callable[[], None]) -> None:
        def watched() -> None:
            try:
                run()
            except PipelineError as error:
                self._dead.put(error)

        thread = threading.Thread(target=watched, daemon=True)
        thread.start()
        exits.callback(thread.join)
