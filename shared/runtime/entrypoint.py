"""The only place that knows about acknowledgement: returning acknowledges a delivery, raising refuses it.

For one delivery: understand the event, claim the stage, run it, commit results and announcement together,
publish. Every way this can end is mapped here, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from shared.domain.attempt import Effort
from shared.domain.change import Claim, Decision, Declined
from shared.domain.errors import (
    ConfigurationError,
    LeaseLost,
    Outage,
    PermanentError,
    PipelineError,
    TransientError,
)
from shared.domain.events import VideoEvent, WorkRequested
from shared.domain.identity import video_id_of
from shared.domain.spans import span_of
from shared.domain.uploads import is_upload
from shared.domain.video import Video
from shared.domain.wire import Delivery, parse_delivery
from shared.interruption import check_not_ending, interruptible
from shared.logs import bound_fields, logger
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import Job, JobRunner
from shared.processors.stage import Stage
from shared.runtime.attempt import AttemptServices, RunningAttempt
from shared.runtime.outbox import publish_outbox

__all__ = ["SAFE_SHARE", "JobPlacement", "StageRunner"]

SAFE_SHARE: Final = 0.5
"""An attempt stays in an event function if it should need at most this share of the function's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlacement:
    """Which attempts leave an event function for a job, and how.

    Attributes:
        jobs: What starts jobs.
        expected_s: Seconds an attempt at a video's stage will take, more or less.
        start_within_s: Seconds a job has to begin.
    """

    jobs: JobRunner
    expected_s: Callable[[Video], float]
    start_within_s: float

    def needs_job(self, claim: Claim) -> bool:
        """Tells whether an attempt could outlive an event function.

        A second attempt always goes out: the first may have ended because the estimate was wrong.
        """
        spec = claim.spec
        if spec.job_timeout_s is None:
            return False
        return claim.lease.attempt > 1 or self.expected_s(claim.video) > spec.timeout_s * SAFE_SHARE


class StageRunner:
    """Runs one stage for the events delivered to its function.

    Args:
        name: The stage's name in the flow.
        stage: The use case.
        services: What its attempts need.
        bus: Where its events are published.
        upload_bucket: Bucket whose finalized objects start the flow.
        worker: Name of this process in the attempt records.
        limited: Whether this is an event function, where an attempt has ``timeout_s`` and not ``job_timeout_s``.
        placement: What takes too long for an event function goes out through it; None makes every attempt here.
        execution: The job that this process is a task of, if it is one.
    """

    def __init__(
        self,
        name: str,
        stage: Stage,
        services: AttemptServices,
        bus: EventBus,
        *,
        upload_bucket: str,
        worker: str,
        limited: bool = False,
        placement: JobPlacement | None = None,
        execution: str | None = None,
    ) -> None:
        self._name = name
        self._stage = stage
        self._services = services
        self._bus = bus
        self._upload_bucket = upload_bucket
        self._worker = worker
        self._limited = limited
        self._placement = placement
        self._execution = execution

    def handle(self, delivery: Delivery) -> None:
        """Handles one delivery; returning acknowledges it.

        Raises:
            PermanentError: The event itself can't be understood; it belongs in the dead letters.
            TransientError: Deliver it again later.
            ConfigurationError: The deployment is wrong; deliver it again when it is mended.
        """
        target = self._target(delivery)
        if target is None:
            return
        video_id, run = target
        with bound_fields(video_id=video_id, run=run, stage=self._name):
            services = self._services
            claim = services.repository.update(
                video_id,
                services.lifecycle.claim(
                    self._name, run, self._worker, services.clock.now(), services.lease_s, self._execution
                ),
            )
            if isinstance(claim, Declined):
                self._declined(video_id, claim)
            else:
                span = span_of(video_id, claim.key).span
                with bound_fields(attempt=claim.lease.attempt, trace=claim.video.trace, span=span):
                    if self._placement is not None and self._placement.needs_job(claim):
                        self._hand_over(claim, delivery, self._placement)
                    else:
                        self._attempt(claim)

    def _target(self, delivery: Delivery) -> tuple[str, int] | None:
        message = parse_delivery(delivery)
        if message is None:
            return None
        if isinstance(message, WorkRequested):
            raise PermanentError("bad_event", f"{message.type} is nothing for the stage {self._name}.")
        if isinstance(message, VideoEvent):
            return message.video_id, message.run
        if message.bucket != self._upload_bucket or not is_upload(message.name):
            logger().debug("ignored", bucket=message.bucket, object=message.name)
            return None
        services = self._services
        registered = services.repository.update(
            video_id_of(message.bucket, message.name),
            services.lifecycle.register(message, services.clock.now()),
        )
        if registered.stale:
            logger().info("stale_generation", object=message.name, generation=message.generation)
            return None
        return registered.video_id, registered.run

    def _declined(self, video_id: str, declined: Declined) -> None:
        logger().info("declined", reason=declined.reason)
        if declined.reason == "busy":
            raise TransientError("busy", "Another worker is on it.", retry_after_s=declined.retry_after_s)
        if declined.reason in {"done", "finished", "poison"}:
            self._publish(video_id)

    def _hand_over(self, claim: Claim, delivery: Delivery, placement: JobPlacement) -> None:
        services = self._services
        try:
            execution = placement.jobs.start(Job.of(claim.spec.stage, claim.spec.longest_s, delivery))
        except PipelineError as error:
            now = services.clock.now()
            withdraw = services.lifecycle.withdraw(claim, now, Effort(), error.code, error.detail)
            self._give_back(claim, withdraw, error.code, error)
            raise
        logger().info("handed_over", execution=execution)
        hand_over = services.lifecycle.hand_over(claim, execution, services.clock.now(), placement.start_within_s)
        try:
            services.repository.update(claim.video.id, hand_over)
        except LeaseLost as error:
            logger().info("lease_lost", detail=error.detail)

    def _attempt(self, claim: Claim) -> None:
        logger().info("stage_started")
        time_limit_s = claim.spec.timeout_s if self._limited else claim.spec.longest_s
        with RunningAttempt(claim, self._services, time_limit_s) as attempt, interruptible(attempt.interrupt):
            try:
                self._services.repository.update(claim.video.id, self._run(claim, attempt))
            except LeaseLost as error:
                check_not_ending()  # what is acknowledged now would wait for sweep
                logger().info("lease_lost", detail=error.detail)
                attempt.discard()
                return
            except Exception as error:
                check_not_ending()  # it was given back; what the stage made of that says nothing
                self._release(claim, attempt.effort, error)
                raise
        self._publish(claim.video.id)

    def _run(self, claim: Claim, attempt: RunningAttempt) -> Decision[None]:
        """Runs the stage and returns what its result does to the video."""
        lifecycle, clock = self._services.lifecycle, self._services.clock
        try:
            outcome = self._stage.run(attempt)
        except PermanentError as error:
            logger().warning("stage_failed", code=error.code, detail=error.detail, log_tail=error.log_tail)
            return lifecycle.fail(claim, clock.now(), attempt.effort, error)
        return lifecycle.commit(claim, clock.now(), attempt.effort, outcome.records, outcome.media)

    def _release(self, claim: Claim, effort: Effort, error: Exception) -> None:
        code = error.code if isinstance(error, PipelineError) else "internal_error"
        reason = error.detail if isinstance(error, PipelineError) else f"{type(error).__name__}: {error}"
        lifecycle, now = self._services.lifecycle, self._services.clock.now()
        if isinstance(error, Outage):
            given_back = lifecycle.withdraw(claim, now, effort, code, reason)
        else:
            outcome: Literal["retry", "interrupted"] = (
                "interrupted" if isinstance(error, ConfigurationError) else "retry"
            )
            given_back = lifecycle.release(claim, now, effort, outcome, code, reason)
        self._give_back(claim, given_back, code, error)

    def _give_back(self, claim: Claim, decision: Decision[None], code: str, error: Exception) -> None:
        """Ends an attempt that an error ended, so that nobody has to wait for its lease to run out."""
        # An unforeseen error is for whoever answers the delivery to report, once.
        foreseen = error if isinstance(error, TransientError) else None
        logger().warning("stage_refused", code=code, exc_info=foreseen)
        try:
            self._services.repository.update(claim.video.id, decision)
        except PipelineError as second:
            # The lease runs out by itself; the first error is the one to report.
            logger().error("release_failed", error=str(second))

    def _publish(self, video_id: str) -> None:
        publish_outbox(self._services.repository, self._bus, video_id=video_id)
