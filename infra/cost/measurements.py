"""What was measured, and what was not and is assumed: ``measurements.json``, ``assumptions.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

__all__ = ["DRIVERS", "MEASURED", "Rate", "StageRates", "assumed", "fitted", "operations", "stage_rates"]

_FOLDER: Final = Path(__file__).parent

DRIVERS: Final[Mapping[str, str]] = {
    "ingest": "media_s",
    "transcode": "gigapixels",
    "segment": "media_s",
    "analyze": "media_s",
    "tag": "media_s",
}
"""What a stage's work grows with: seconds of video, or pixels decoded and encoded."""

MEASURED: Final = ("cpu_s", "wall_s", "bytes_read", "bytes_written", "objects")
"""What a measurement says about a stage."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A straight line: so much for any video, and so much for each unit of what it grows with."""

    fixed: float
    each: float

    def of(self, amount: float) -> float:
        """Returns the value for an amount."""
        return self.fixed + self.each * amount


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRates:
    """What an attempt at a stage uses.

    Attributes:
        driver: ``media_s`` or ``gigapixels``.
        cpu_s: CPU-seconds.
        wall_s: Seconds on two cores.
        bytes_read: Bytes read from buckets.
        bytes_written: Bytes written to buckets.
        objects: Objects written.
    """

    driver: str
    cpu_s: Rate
    wall_s: Rate
    bytes_read: Rate
    bytes_written: Rate
    objects: Rate


@cache
def stage_rates() -> Mapping[str, StageRates]:
    """Returns by stage what was measured."""
    return fitted(_read("measurements.json")["rows"])


def fitted(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, StageRates]:
    """Returns by stage the lines that fit rows of measurements best, none of which falls or begins below zero."""
    found = {}
    for stage, driver in DRIVERS.items():
        mine = [row for row in rows if row["stage"] == stage]
        lines = {what: _line([(row[driver], row[what]) for row in mine]) for what in MEASURED}
        found[stage] = StageRates(driver=driver, **lines)
    return found


@cache
def operations() -> Mapping[str, Mapping[str, Rate]]:
    """Returns by step (a stage, ``sweep``) the Firestore writes, reads and deletes by seconds of video."""
    counted = _read("measurements.json")["firestore"]["steps"]
    return {
        step: {what: Rate(fixed, each) for what, (fixed, each) in counts.items()}
        for step, counts in counted.items()
    }


def assumed(name: str) -> float:
    """Returns what is assumed. Raises KeyError: nothing of that name is."""
    return float(_read("assumptions.json")[name]["value"])


def _line(points: Sequence[tuple[float, float]]) -> Rate:
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    each = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    if each <= 0:
        return Rate(mean_y, 0.0)
    fixed = mean_y - each * mean_x
    if fixed >= 0:
        return Rate(fixed, each)
    return Rate(0.0, sum(x * y for x, y in points) / sum(x * x for x, _ in points))


@cache
def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
