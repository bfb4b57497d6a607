"""Delivers messages to functions: leases them from the embedded bus, runs a job for each, and settles it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from shared.adapters.local_bus import LeasedMessage, LocalBus
from shared.domain.errors import PipelineError
from shared.domain.flow import Flow
from shared.logs import logger
from shared.ports.job_runner import Job, JobRunner, JobState

__all__ = ["Dispatcher", "OnDelivery"]

OnDelivery = Callable[[Job, JobState], None]
"""Told how each delivery began and ended."""

MESSAGE_LEASE_S = 30.0
EXTEND_EVERY_S = 10.0
"""A message is leased for as long as its job runs, in steps that survive one missed extension."""

TELL_FOR_S = 10.0
"""What happened last is still told to whoever wants to know, but a command that is done does not wait for longer
than this to begin with that. What is left is in the queue, for the next start."""

IDLE_POLL_S = 0.2
"""How soon a message of another process, or one whose retry is due, is noticed. Whatever happens in this process
wakes the dispatcher at once."""


class Dispatcher:
    """Keeps all workers busy while there are messages.

    Args:
        bus: Where messages come from.
        jobs: What runs the functions.
        flow: The stages and their time limits.
        workers: How many jobs ``jobs`` can run at the same time.
        wake: Set by others when there may be something to do: a job ended, a message was published.
        on_delivery: Told how each delivery began and ended, from the dispatcher's thread.
    """

    def __init__(
        self,
        bus: LocalBus,
        jobs: JobRunner,
        flow: Flow,
        *,
        workers: int,
        wake: threading.Event,
        on_delivery: OnDelivery,
    ) -> None:
        self._bus = bus
        self._jobs = jobs
        self._flow = flow
        self._workers = workers
        self._wake = wake
        self._on_delivery = on_delivery
        self._tellers = [listener.function for listener in flow.listeners if listener.announcements]
        self._stopping = False
        self._draining_since_s: float | None = None
        self._running: dict[str, tuple[LeasedMessage, Job]] = {}
        self._next_extension = 0.0

    def run(self) -> None:
        """Delivers until stop() is called, or until what runs has ended after drain().

        Jobs that run when stop() is called are left to the caller.
        """
        while not self._stopping:
            try:
                self._settle_ended()
                self._extend_leases()
                self._start_new()
            except PipelineError as error:
                # The store is full or locked. Leases that can't be settled now run out and are delivered again.
                logger().error("dispatch_failed", error=str(error))
            if self._draining_since_s is not None and not self._running:
                return
            self._wake.wait(IDLE_POLL_S)
            self._wake.clear()

    def drain(self) -> None:
        """Has run() end when everything that runs now has ended and was told of; nothing else is begun."""
        self._draining_since_s = monotonic()
        self._wake.set()

    def stop(self) -> None:
        """Has run() return soon, without leasing anything more."""
        self._stopping = True
        self._wake.set()

    def _settle_ended(self) -> None:
        for execution, (message, job) in list(self._running.items()):
            state = self._jobs.state(execution)
            if state.status == "running":
                continue
            del self._running[execution]
            self._on_delivery(job, state)
            if state.status == "succeeded":
                self._bus.ack(message)
            else:
                logger().warning("delivery_failed", stage=job.stage, error=state.error)
                self._bus.nack(message, state.retry_after_s)

    def _extend_leases(self) -> None:
        if monotonic() >= self._next_extension:
            self._next_extension = monotonic() + EXTEND_EVERY_S
            for message, _ in self._running.values():
                self._bus.extend(message, MESSAGE_LEASE_S)

    def _start_new(self) -> None:
        free = self._workers - len(self._running)
        since_s = self._draining_since_s
        if not free or (since_s is not None and monotonic() - since_s > TELL_FOR_S):
            return
        functions = None if since_s is None else self._tellers
        for message in self._bus.lease(free, MESSAGE_LEASE_S, functions):
            job = Job.of(message.stage, self._flow.longest_s(message.stage), message.delivery)
            self._running[self._jobs.start(job)] = (message, job)
            self._on_delivery(job, JobState(status="running"))
