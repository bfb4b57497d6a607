"""What a process of this deployment is: its settings, its flow, how it tells of itself, what all parts need."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.domain.errors import ConfigurationError
from shared.domain.lifecycle import Lifecycle
from shared.environment import load_settings
from shared.logs import CloudLines, configure_logs
from shared.pipeline import load_flow
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.ports.clock import Clock
    from shared.ports.span_exporter import SpanExporter
    from shared.ports.web_client import WebClient

__all__ = ["Deployment"]


class Deployment:
    """Knows where it runs; whoever builds parts begins with it.

    Args:
        settings: None reads them from the environment.

    Attributes:
        settings: What chooses.
        flow: The functions and what they hand on.
        lifecycle: The rules that a video's state follows in this flow.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        configure_logs("info", "json")  # for what is wrong with the settings themselves
        self.settings = settings or load_settings()
        self.flow = load_flow(self.settings.pipeline)
        self.lifecycle = Lifecycle(self.flow)
        configure_logs(self.settings.log_level, self.settings.log_format, cloud=self._cloud_lines)

    @cached_property
    def clock(self) -> Clock:
        """The machine's time."""
        from shared.adapters.system_clock import SystemClock

        return SystemClock()

    @cached_property
    def web(self) -> WebClient:
        """What talks to addresses that people name."""
        from shared.adapters.web import GuardedWebClient

        return GuardedWebClient(loopback=self.settings.loopback_urls)

    @cached_property
    def spans(self) -> SpanExporter | None:
        """Where traces go; None for nowhere."""
        settings = self.settings
        if settings.traces == "none":
            return None
        from shared.adapters.opentelemetry import COLLECTOR_ENDPOINT, GOOGLE_CLOUD_ENDPOINT, OtlpSpanExporter

        on_google = settings.platform == "google"
        return OtlpSpanExporter(
            settings.traces_endpoint or (GOOGLE_CLOUD_ENDPOINT if on_google else COLLECTOR_ENDPOINT),
            service=self._service or "automations",
            version=settings.revision,
            project=settings.project if on_google else None,
        )

    @property
    def _cloud_lines(self) -> CloudLines | None:
        settings = self.settings
        if settings.platform != "google" or settings.project is None:
            return None
        return CloudLines(
            project=settings.project,
            service=self._service,
            version=settings.revision,
            traced=settings.traces != "none",
        )

    @property
    def _service(self) -> str | None:
        return self.settings.service or self.settings.job

    @property
    def _project(self) -> str:
        if self.settings.project is None:
            raise ConfigurationError(
                "project_missing",
                "AUTOMATIONS_PROJECT must name the Google Cloud project: the platform 'google' and whatever is "
                "called gemini work in one.",
            )
        return self.settings.project
