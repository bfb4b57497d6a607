"""How many videos of what kind a day brings, and what each of them needs, as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np

from infra.cost.measurements import assumed, own_document_writes
from infra.cost.model import heartbeats, usd_of, video_cost
from infra.cost.simulation import Times, daily_arrivals
from infra.cost.work import Work, invented_media
from shared.domain.flow import Flow
from shared.processors.ladder import LadderPlanner

__all__ = ["Audience", "Load", "load_of"]

_SHORTEST_S: Final = 5.0
_LONGEST_S: Final = 4 * 3600.0
_GRID: Final = 120
_SIZES: Final = {"480p": 0.15, "720p": 0.35, "1080p": 0.45, "2160p": 0.05}
_NOISE: Final = 0.25
"""By how much videos of one length and size differ in the work they are (sigma of a log-normal factor)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who uploads what, and when.

    Attributes:
        videos: Videos a day.
        peak: The busiest moment's rate over the day's mean.
        median_s: Half of the videos are shorter.
        spread: Sigma of the logarithm of their lengths.
        sizes: Resolution -> share of the videos.
        heartbeat_s: Seconds between two heartbeats of a stage at work.
        slow: How many times longer work takes than on the cores that were measured.
        seed: Where chance begins.
    """

    videos: int
    peak: float = 1.8
    median_s: float = 120.0
    spread: float = 1.0
    sizes: Mapping[str, float] = field(default_factory=lambda: dict(_SIZES))
    heartbeat_s: float = field(default_factory=lambda: assumed("heartbeat_s"))
    slow: float = 1.0
    seed: int = 20261121


@dataclass(frozen=True, slots=True)
class Load:
    """A day's videos, in the order they arrive.

    Attributes:
        arrivals: When, in seconds.
        media_s: Their lengths.
        busy_s: Stage -> how long an instance works for each.
        as_job: Whether each is transcoded in a job.
        usd: What processing each costs on instances that are warm.
        writes: Firestore documents that are written for each, heartbeats included.
        own_writes: How many of these are to its own document.
        objects: Objects that are written for each.
    """

    arrivals: Times
    media_s: Times
    busy_s: Mapping[str, Times]
    as_job: np.ndarray[tuple[int], np.dtype[np.bool_]]
    usd: Times
    writes: Times
    own_writes: Times
    objects: Times


def load_of(audience: Audience, flow: Flow, ladder: LadderPlanner) -> Load:
    """Returns a day's videos, the same for the same audience.

    Args:
        audience: Who uploads them.
        flow: The stages and what they get.
        ladder: Plans their renditions.
    """
    dice = np.random.default_rng(audience.seed)
    arrivals = daily_arrivals(audience.videos, audience.peak, dice)
    media_s = np.clip(
        audience.median_s * np.exp(dice.normal(0.0, audience.spread, len(arrivals))), _SHORTEST_S, _LONGEST_S
    )
    kinds = dice.choice(len(audience.sizes), len(arrivals), p=list(audience.sizes.values()))
    columns: dict[str, Times] = {}
    for number, size in enumerate(audience.sizes):
        mine = kinds == number
        for name, values in _table(size, flow, ladder).items():
            column = columns.setdefault(name, np.empty(len(arrivals)))
            column[mine] = np.interp(media_s[mine], _durations(), values)
    noise = np.exp(dice.normal(0.0, _NOISE, len(arrivals))) * audience.slow
    busy_s = {spec.stage: columns[f"busy.{spec.stage}"] * noise for spec in flow.stages}
    beats = np.sum([np.floor(seconds / audience.heartbeat_s) for seconds in busy_s.values()], axis=0)
    return Load(
        arrivals,
        media_s,
        busy_s,
        columns["as_job"] > 0.5,
        columns["usd"] + columns["compute_usd"] * (noise - 1.0) + beats * usd_of(heartbeats(1)),
        columns["writes"] + beats,
        columns["own_writes"] + beats,
        columns["objects"],
    )


def _durations() -> Times:
    return np.geomspace(_SHORTEST_S, _LONGEST_S, _GRID)


@lru_cache
def _table(resolution: str, flow: Flow, ladder: LadderPlanner) -> Mapping[str, Times]:
    """Returns what a video of each of _durations() needs without heartbeats, so that many can be looked up."""
    rows: list[dict[str, float]] = []
    own = sum(own_document_writes().values())
    for duration_s in _durations():
        work = Work(media=invented_media(float(duration_s), resolution), ladder=ladder)
        cost = video_cost(work, flow, cold=False, heartbeat_s=math.inf)
        rows.append(
            {
                **{f"busy.{part.name}": part.busy_s for part in cost.parts},
                "as_job": float(any(part.as_job for part in cost.parts)),
                "usd": cost.usd,
                "compute_usd": cost.compute_usd,
                "writes": sum(part.usage.get("firestore.write", 0.0) for part in cost.parts),
                "own_writes": own,
                "objects": sum(part.usage.get("storage.class_a", 0.0) for part in cost.parts),
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
