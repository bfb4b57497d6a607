"""How events get from one function to the next, and where those lie that none could handle."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.deployment import Deployment
from shared.ports.event_bus import EventBus

if TYPE_CHECKING:
    from shared.adapters.local_bus import LocalBus
    from shared.ports.dead_letters import DeadLetters

__all__ = ["Messages"]


class Messages(Deployment):
    """Pub/Sub on Google Cloud; the embedded bus on one machine."""

    @cached_property
    def bus(self) -> EventBus:
        """Where events are published."""
        if self.settings.platform == "google":
            from shared.adapters.pubsub import PubsubEventBus

            return PubsubEventBus(self._project)
        return self.local_bus

    @cached_property
    def local_bus(self) -> LocalBus:
        """The embedded bus with its delivering side, for the one-machine stack."""
        from shared.adapters.local_bus import LocalBus

        return LocalBus(self.settings.data_dir / "bus.db", self.flow, self.clock)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """What no function could handle."""
        if self.settings.platform == "google":
            from shared.adapters.pubsub_dead_letters import PubsubDeadLetters

            return PubsubDeadLetters(self._project)
        from shared.adapters.local_dead_letters import LocalDeadLetters

        return LocalDeadLetters(self.settings.data_dir / "bus.db")
