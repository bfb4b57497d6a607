"""The only place that knows about acknowledgement: returning acknowledges a delivery, raising refuses it.

For one delivery: understand the event, claim the stage, run it, commit results and announcement together,
publish. Every way this can end is mapped here, once.
"""

from __future__ import annotations

from typing import Protocol

from structlog.contextvars import bound_contextvars

from shared.domain.change import Claim, Decision, Declined
from shared.domain.errors import ConfigurationError, LeaseLost, PermanentError, PipelineError, TransientError
from shared.domain.events import ObjectFinalized
from shared.domain.identity import video_id_of
from shared.domain.uploads import is_upload
from shared.domain.wire import parse_cloud_event
from shared.ports.event_bus import EventBus
from shared.processors.stage import Stage
from shared.runtime.attempt import AttemptServices, RunningAttempt
from shared.runtime.logs import logger
from shared.runtime.outbox import publish_outbox

__all__ = ["Delivery", "StageRunner"]


class Delivery(Protocol):
    """What is read of a CloudEvent."""

    def __getitem__(self, attribute: str) -> object: ...

    def get_data(self) -> object: ...


class StageRunner:
    """Runs one stage for the events delivered to its function.

    Args:
        name: The stage's name in the flow.
        stage: The use case.
        services: What its attempts need.
        bus: Where its events are published.
        upload_bucket: Bucket whose finalized objects start the flow.
        worker: Name of this process in the attempt records.
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
    ) -> None:
        self._name = name
        self._stage = stage
        self._services = services
        self._bus = bus
        self._upload_bucket = upload_bucket
        self._worker = worker

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
        with bound_contextvars(video_id=video_id, run=run, stage=self._name):
            services = self._services
            claim = services.repository.update(
                video_id,
                services.lifecycle.claim(self._name, run, self._worker, services.clock.now(), services.lease_s),
            )
            if isinstance(claim, Declined):
                self._declined(video_id, claim)
            else:
                with bound_contextvars(attempt=claim.lease.attempt, trace=claim.video.trace):
                    self._attempt(claim)

    def _target(self, delivery: Delivery) -> tuple[str, int] | None:
        message = parse_cloud_event(str(delivery["type"]), delivery.get_data())
        if message is None:
            return None
        if not isinstance(message, ObjectFinalized):
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

    def _attempt(self, claim: Claim) -> None:
        logger().info("stage_started")
        with RunningAttempt(claim, self._services) as attempt:
            try:
                self._services.repository.update(claim.video.id, self._run(claim, attempt))
            except LeaseLost as error:
                logger().info("lease_lost", detail=error.detail)
                return
            except Exception as error:
                self._release(claim, attempt, error)
                raise
        logger().info("stage_ended")
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

    def _release(self, claim: Claim, attempt: RunningAttempt, error: Exception) -> None:
        code = error.code if isinstance(error, PipelineError) else "internal_error"
        reason = error.detail if isinstance(error, PipelineError) else f"{type(error).__name__}: {error}"
        logger().error("stage_refused", code=code, exc_info=error)
        release = self._services.lifecycle.release(
            claim,
            self._services.clock.now(),
            attempt.effort,
            "interrupted" if isinstance(error, ConfigurationError) else "retry",
            code,
            reason,
        )
        try:
            self._services.repository.update(claim.video.id, release)
        except PipelineError as second:
            # The lease runs out by itself; the first error is the one to report.
            logger().error("release_failed", error=str(second))

    def _publish(self, video_id: str) -> None:
        publish_outbox(self._services.repository, self._bus, video_id=video_id)
