"""Whether the strategies that the settings select are there."""

from __future__ import annotations

from functions.analyze.strategies import ANALYZERS
from functions.segment.strategies import SEGMENTERS
from functions.tag.strategies import TAGGERS
from functions.transcode.strategies import LADDERS
from shared.settings import Settings

__all__ = ["check_strategies"]


def check_strategies(settings: Settings) -> None:
    """Makes sure of them before any work begins: with one missing, every video would wait for it for ever.

    Raises:
        ConfigurationError: ``unknown_plugin``.
    """
    LADDERS.check(settings.ladder)
    for registry, names in (
        (SEGMENTERS, settings.segmenters),
        (ANALYZERS, settings.analyzers),
        (TAGGERS, settings.taggers),
    ):
        for name in names:
            registry.check(name)
