"""Everything that runs when one machine is the whole deployment."""

from __future__ import annotations

import os
import queue
import shutil
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from functions.sweep.stage import Sweeper
from infra.local.data_dir import DataDirLock
from infra.local.dispatcher import Dispatcher, OnDelivery
from infra.local.log_files import bound_logs
from infra.local.preflight import check_deployment
from infra.local.source import python_path
from infra.local.watcher import UploadWatcher
from shared.adapters.local_jobs import LocalJobRunner
from shared.adapters.worker_name import has_ended
from shared.bootstrap import Bootstrap
from shared.domain.errors import PipelineError
from shared.logs import logger

__all__ = ["Stack"]


class Stack:
    """Workers, delivery, sweep and, if wanted, the upload watcher, over one data folder; a context manager.

    Entering frees what an earlier, killed host was working on, so that it is resumed at once. Leaving drains:
    nothing new is started, running work is killed and its leases are given back as interrupted, for the next
    start to resume.

    Args:
        wiring: The deployment's parts.
        workers: How many stages may run at the same time.
        watch: Whether files that appear in the upload folder are announced.
        on_delivery: Told how each delivery began and ended.

    Raises:
        DataDirInUse: On entering, when another process works on the folder.
        ConfigurationError: On entering, when the settings select something that is not there.
    """

    def __init__(
        self,
        wiring: Bootstrap,
        *,
        workers: int,
        watch: bool = False,
        on_delivery: OnDelivery = lambda _job, _state: None,
    ) -> None:
        self._wiring = wiring
        self._workers = workers
        self._watch = watch
        self._on_delivery = on_delivery
        self._wake = threading.Event()
        self._exits = ExitStack()
        self._finish: Callable[[], None] = lambda: None
        self._dead: queue.SimpleQueue[PipelineError] = queue.SimpleQueue()

    def __enter__(self) -> Stack:
        check_deployment(self._wiring)
        with ExitStack() as exits:
            exits.enter_context(DataDirLock(self._wiring.settings.data_dir))
            self._recover()
            exits.callback(self._recover)
            self._start(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def wake(self) -> None:
        """Has a message that this process just published delivered at once."""
        self._wake.set()

    def watch_over(self, timeout_s: float | None = None) -> None:
        """Waits for a while, as long as everything runs.

        Args:
            timeout_s: Seconds to wait; None waits for ever.

        Raises:
            PipelineError: ``service_died``: a part of the stack ended, so that nothing more would happen.
        """
        try:
            raise self._dead.get(timeout=timeout_s)
        except queue.Empty:
            return

    def finish(self) -> None:
        """Waits until the stages that run now have ended; starts nothing more. The wait may be interrupted."""
        self._finish()

    def _recover(self) -> None:
        """Gives back what a host that is gone was working on."""
        wiring = self._wiring
        shutil.rmtree(wiring.settings.data_dir / "work", ignore_errors=True)
        for video in wiring.repository.leased():
            if video.lease is not None and self._is_gone(video.lease.worker):
                interrupt = wiring.lifecycle.interrupt(video.lease, wiring.clock.now())
                wiring.repository.update(video.id, interrupt)
        wiring.local_bus.release_all()

    def _is_gone(self, worker: str) -> bool:
        # Nobody else can be at work on a database in the folder that this process holds; on a server, others can.
        return self._wiring.settings.database_url is None or has_ended(worker)

    def _start(self, exits: ExitStack) -> None:
        wiring = self._wiring
        data_dir = wiring.settings.data_dir.absolute()
        jobs = LocalJobRunner(
            self._workers,
            environment={
                **os.environ,
                # What a command may have been told otherwise than the environment says.
                "AUTOMATIONS_DATA_DIR": str(data_dir),
                "AUTOMATIONS_ANALYZERS": ",".join(wiring.settings.analyzers),
                "PYTHONPATH": python_path(),
            },
            log_dir=data_dir / "logs",
            stages=wiring.flow.message_functions,
            on_end=lambda _execution: self.wake(),
        )
        jobs.warm_up()
        exits.callback(jobs.close)
        dispatcher = Dispatcher(
            wiring.local_bus,
            jobs,
            wiring.flow,
            workers=self._workers,
            wake=self._wake,
            on_delivery=self._on_delivery,
        )
        delivery = self._run_until_exit(exits, "dispatcher", dispatcher.run, dispatcher.stop)

        def finish() -> None:
            dispatcher.drain()
            delivery.join()

        self._finish = finish
        swept = threading.Event()
        self._run_until_exit(exits, "sweep", lambda: self._sweep(swept), swept.set)
        if self._watch:
            watcher = UploadWatcher(wiring, self.wake)
            self._run_until_exit(exits, "watcher", watcher.run, watcher.stop)

    def _sweep(self, stop: threading.Event) -> None:
        sweeper = Sweeper(self._wiring)
        while True:
            sweeper.run()
            self._end_uploads()
            bound_logs(self._wiring.settings.data_dir / "logs")
            self.wake()
            if stop.wait(self._wiring.flow.sweep_interval_s):
                return

    def _end_uploads(self) -> None:
        try:
            self._wiring.upload_sessions.end_expired()
        except PipelineError as error:
            logger().error("sweep_failed", step="end_uploads", error=str(error))

    def _run_until_exit(
        self, exits: ExitStack, name: str, run: Callable[[], None], stop: Callable[[], None]
    ) -> threading.Thread:
        def watched() -> None:
            try:
                run()
            except BaseException as error:  # Rich, for one, exits when nobody reads its lines any more.
                logger().exception("service_died", service=name)
                self._dead.put(
                    PipelineError(
                        "service_died",
                        f"The {name} ended unexpectedly ({error!r}); start again, and work goes on.",
                    )
                )

        thread = threading.Thread(target=watched, name=name, daemon=True)
        thread.start()
        exits.callback(thread.join)
        exits.callback(stop)
        return thread
