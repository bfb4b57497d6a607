"""What was measured, and what was not and is assumed: ``measurements.json``, ``assumptions.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from shared.domain.errors import ConfigurationError

__all__ = ["Rate", "StageRates", "assumed", "fitted", "operations", "own_document_writes", "stage_rates", "ticks"]

_FOLDER: Final = Path(__file__).parent

_MEASURED: Final = ("cpu_s", "wall_s", "bytes_read", "bytes_written", "objects")
"""What a measurement says about a stage."""

_GROWS_WITH: Final[Mapping[tuple[str, str], str]] = {
    ("ingest", "bytes_read"): "size_bytes",
    ("transcode", "bytes_read"): "size_bytes",
    ("transcode", "cpu_s"): "gigapixels",
    ("transcode", "wall_s"): "gigapixels",
    ("transcode", "bytes_written"): "gigapixels",
    ("transcode", "objects"): "rungs",
}
"""What grows with something else than the length: with the upload, with pixels decoded and encoded, with rungs."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A straight line: so much for any video, and so much for each unit of what it grows with.

    Attributes:
        fixed: Where it begins.
        each: How it rises.
        driver: What it grows with: ``media_s``, ``gigapixels``, ``rungs``, ``size_bytes``.
    """

    fixed: float
    each: float
    driver: str = "media_s"

    def of(self, amounts: Mapping[str, float]) -> float:
        """Returns the value for a video, of which the amounts are known by name."""
        return self.fixed + self.each * amounts[self.driver]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRates:
    """What an attempt at a stage uses.

    Attributes:
        cpu_s: CPU-seconds.
        wall_s: Seconds on two cores.
        bytes_read: Bytes read from buckets.
        bytes_written: Bytes written to buckets.
        objects: Objects written.
    """

    cpu_s: Rate
    wall_s: Rate
    bytes_read: Rate
    bytes_written: Rate
    objects: Rate


@cache
def stage_rates() -> Mapping[str, StageRates]:
    """Returns by stage what was measured.

    Looking a stage up that was not measured raises ConfigurationError ``not_measured``.
    """
    return _Measured(fitted(_read("measurements.json")["rows"]))


class _Measured(dict[str, "StageRates"]):
    def __missing__(self, stage: str) -> StageRates:
        raise ConfigurationError(
            "not_measured",
            f"Nobody has measured the stage {stage}, so what it costs is not known. Run `python -m "
            "infra.local.measure FILE...`, and put the stage's rows into infra/cost/measurements.json.",
        )


def fitted(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, StageRates]:
    """Returns by stage the lines that fit rows of measurements best, none of which falls or begins below zero."""
    found = {}
    for stage in dict.fromkeys(row["stage"] for row in rows):
        mine = [row for row in rows if row["stage"] == stage]
        found[stage] = StageRates(
            **{what: _line(mine, what, _GROWS_WITH.get((stage, what), "media_s")) for what in _MEASURED}
        )
    return found


@cache
def operations() -> Mapping[str, Mapping[str, Rate]]:
    """Returns by step (a stage, ``sweep``) the Firestore writes, reads and deletes by seconds of video."""
    counted = _read("measurements.json")["firestore"]["steps"]
    return {
        step: {what: Rate(fixed, each) for what, (fixed, each) in counts.items()}
        for step, counts in counted.items()
    }


@cache
def own_document_writes() -> Mapping[str, float]:
    """Returns by step how often the video's own document is written, heartbeats left out."""
    counted: Mapping[str, float] = _read("measurements.json")["firestore"]["own_document"]
    return counted


@cache
def ticks() -> Mapping[str, Mapping[str, float]]:
    """Returns by step of sweep what is billed of it when it finds nothing."""
    counted: Mapping[str, Mapping[str, float]] = _read("measurements.json")["ticks"]["steps"]
    return counted


def assumed(name: str) -> float:
    """Returns what is assumed. Raises KeyError: nothing of that name is."""
    return float(_read("assumptions.json")[name]["value"])


def _line(rows: Sequence[Mapping[str, Any]], what: str, driver: str) -> Rate:
    points = [(float(row[driver]), float(row[what])) for row in rows]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    each = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    if each <= 0:
        return Rate(mean_y, 0.0, driver)
    fixed = mean_y - each * mean_x
    if fixed >= 0:
        return Rate(fixed, each, driver)
    return Rate(0.0, sum(x * y for x, y in points) / sum(x * x for x, _ in points), driver)


@cache
def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
