"""What plans renditions, one algorithm a file."""

from __future__ import annotations

from shared.processors.ladder import LadderPlanner
from shared.processors.registry import Registry

__all__ = ["LADDERS"]

LADDERS = Registry(
    "automations.ladders",
    LadderPlanner,  # type: ignore[type-abstract]  # the registry only checks against it
    {"standard": "functions.transcode.strategies.standard:StandardLadder"},
)
