"""Strategy: which renditions a source gets."""

from __future__ import annotations

from abc import ABC, abstractmethod

from shared.domain.encoding import Rung
from shared.domain.media import MediaInfo
from shared.processors.strategy import Strategy

__all__ = ["LadderPlanner"]


class LadderPlanner(Strategy, ABC):
    """Plans the rungs of one source. Entry-point group ``automations.ladders``."""

    @abstractmethod
    def plan(self, media: MediaInfo) -> tuple[Rung, ...]:
        """Returns at least one rung, largest first, none larger than the source is shown."""
