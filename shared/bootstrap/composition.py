"""Everything that a deployment is made of, and functions made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.bootstrap.media_programs import MediaPrograms
from shared.bootstrap.models import Models
from shared.bootstrap.objects import Objects
from shared.bootstrap.workers import Workers
from shared.processors.stage import Stage
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import JobPlacement, StageRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.http_delivery import Endpoint, Handler
    from shared.domain.video import Video

__all__ = ["Bootstrap"]


class Bootstrap(Objects, Workers, MediaPrograms, Models):
    """Builds what a function or a tool of this deployment needs, each part once and only when used.

    Args:
        settings: None reads them from the environment.
    """

    def close(self) -> None:
        """Closes the databases, so that SQLite folds their journals in; whoever goes on opens them again."""
        for name in ("_database", "local_bus", "dead_letters"):
            if name in self.__dict__:
                getattr(self, name).close()

    def endpoint(self, name: str, stage: Stage, *, expected_s: Callable[[Video], float] | None = None) -> Endpoint:
        """Returns the HTTP side of a stage's function.

        Args:
            name: The stage's name in the flow.
            stage: The use case.
            expected_s: Estimates how many seconds an attempt at a video takes; None for a stage that never needs
                more than an event function has.
        """
        return self.guarded(self.runner(name, stage, expected_s=expected_s).handle)

    def guarded(self, handle: Handler) -> Endpoint:
        """Returns the HTTP side of a function, behind the check of who delivers where one is configured."""
        from shared.adapters.http_delivery import Endpoint

        if self.settings.push_audience is None:
            return Endpoint(handle)
        from shared.adapters.push_auth import PushGuard

        # The settings refuse an audience without an account; without one, nobody would be let in.
        return Endpoint(handle, PushGuard(self.settings.push_audience, self.settings.push_service_account or ""))

    def runner(
        self, name: str, stage: Stage, *, expected_s: Callable[[Video], float] | None = None
    ) -> StageRunner:
        """Returns what runs a stage for the events delivered to its function; endpoint() says what each is."""
        from shared.adapters.worker_name import worker_name

        services = AttemptServices(
            repository=self.repository,
            blobs=self.blobs,
            clock=self.clock,
            lifecycle=self.lifecycle,
            media_bucket=self.settings.media_bucket,
            work_dir=self.settings.workspaces,
            lease_s=self.settings.lease_s,
            heartbeat_s=self.settings.heartbeat_s,
            spans=self.spans,
        )
        return StageRunner(
            name,
            stage,
            services,
            self.bus,
            upload_bucket=self.settings.upload_bucket,
            worker=worker_name(self.settings.execution),
            limited=self.settings.platform == "google" and self.settings.execution is None,
            placement=self._placement(expected_s),
            execution=self.settings.execution,
        )

    def _placement(self, expected_s: Callable[[Video], float] | None) -> JobPlacement | None:
        if expected_s is None or self.settings.execution is not None or self.jobs is None:
            return None
        return JobPlacement(jobs=self.jobs, expected_s=expected_s, start_within_s=self.settings.job_start_s)
