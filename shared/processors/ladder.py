"""Strategy: which renditions a source gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from shared.domain.encoding import EncodingSettings, Look, Rung
from shared.domain.media import MediaInfo
from shared.domain.records import Choice
from shared.processors.strategy import Strategy

__all__ = ["Ladder", "LadderPlanner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The renditions of one source.

    Attributes:
        rungs: At least one; those in H.264 first, each codec's largest first, none larger than the source is
            shown.
        choices: Why they are these.
        caveat: What people should know about it; empty for nothing.
    """

    rungs: tuple[Rung, ...]
    choices: tuple[Choice, ...] = ()
    caveat: str = ""


class LadderPlanner(Strategy, ABC):
    """Plans the rungs of one source. Entry-point group ``automations.ladders``.

    ``inputs`` says whether it is told the ``look`` of the pictures.
    """

    inputs: ClassVar[frozenset[str]] = frozenset({"look"})

    @abstractmethod
    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        """Returns what a source gets.

        Args:
            media: The source.
            look: What its pictures look like; None before anybody looked: then typical ones are taken for granted.
            settings: What the operator wants.
        """
