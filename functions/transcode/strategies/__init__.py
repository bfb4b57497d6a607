"""What plans renditions, one algorithm a file."""

from __future__ import annotations

from typing import Final

from shared.processors.ladder import LadderPlanner
from shared.processors.registry import Registry

__all__ = ["LADDERS", "USUAL_LADDER"]

USUAL_LADDER: Final = "standard"
"""What takes the place of a ladder that fails."""

LADDERS = Registry(
    "automations.ladders",
    LadderPlanner,  # type: ignore[type-abstract]  # the registry only checks against it
    {USUAL_LADDER: "functions.transcode.strategies.standard:StandardLadder"},
)
