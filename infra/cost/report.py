"""The figures of infra/README.md: ``results.json`` from the simulation, and the tables and pictures made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from infra.cost.demand import Audience, load_of
from infra.cost.scenarios import Day, Room, needs, simulate
from infra.cost.simulation import Times
from shared.domain.flow import Flow
from shared.pipeline import load_flow
from shared.processors.ladder import LadderPlanner

__all__ = ["CELLS", "RESULTS", "SCALES", "results", "stored_results"]

RESULTS: Final = Path(__file__).with_name("results.json")
SCALES: Final = (10, 10_000, 1_000_000)

INSTANCES: Final = 8
"""Most instances of a function that infra/gcp allows unless it is told otherwise; a test compares the two."""

CELLS: Final = 6
"""Projects or regions that a million videos a day are spread over, each with a database and quotas of its own."""

_CELL_INSTANCES: Final = 300
_CELL_EXECUTIONS: Final = 1000
_SENSITIVE_AT: Final = 100_000
_BURST: Final = 1000
_BURST_INSTANCES: Final = 100


def results(ladder: LadderPlanner) -> dict[str, Any]:
    """Returns everything that is simulated.

    Args:
        ladder: Plans the videos' renditions.
    """
    flow = load_flow()
    return {
        "scales": [_scale(videos, flow, ladder) for videos in SCALES],
        "cell": _cell(flow, ladder),
        "sensitivity": _sensitivity(flow, ladder),
        "burst": _bursts(flow, ladder),
    }


def stored_results() -> Mapping[str, Any]:
    """Returns what was simulated last."""
    stored: Mapping[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return stored


def _scale(videos: int, flow: Flow, ladder: LadderPlanner) -> dict[str, Any]:
    load = load_of(Audience(videos=videos), flow, ladder)
    free = simulate(load, flow, Room())
    held_up = simulate(load, flow, Room(instances=INSTANCES))
    return {
        "videos": videos,
        "arrived": free.videos,
        "as_deployed": {**_waited(held_up), "ready_by_midnight": _round(held_up.by_midnight())},
        **_waited(free),
        "usd": _round(free.usd),
        "starts": sum(free.starts.values()),
        "working": {name: _round(float(working.max())) for name, working in free.working.items()},
        "needs": [
            {
                "name": need.name,
                "what": need.what,
                "amount": _round(need.amount),
                "most": need.most,
                "unit": need.unit,
                "share": _round(need.share),
                "reached_at": _round(videos / need.share, 2),
                "remedy": need.remedy,
            }
            for need in needs(free, flow, instances=INSTANCES)
        ],
        "over_the_day": {name: _thinned(working) for name, working in free.working.items()},
        "ready_s_by_share": [_round(free.ready_within_s(share / 100)) for share in range(1, 100)],
    }


def _cell(flow: Flow, ladder: LadderPlanner) -> dict[str, Any]:
    """Returns what one of CELLS is like, with room for its own share."""
    load = load_of(Audience(videos=SCALES[-1] // CELLS), flow, ladder)
    day = simulate(load, flow, Room(instances=_CELL_INSTANCES, executions=_CELL_EXECUTIONS))
    needed = {need.what: _round(need.share) for need in needs(day, flow, instances=_CELL_INSTANCES)}
    return {
        "cells": CELLS,
        "instances": _CELL_INSTANCES,
        "executions": _CELL_EXECUTIONS,
        "videos": day.videos,
        **_waited(day),
        "usd": _round(day.usd),
        "shares": needed,
    }


def _sensitivity(flow: Flow, ladder: LadderPlanner) -> list[dict[str, Any]]:
    base = Audience(videos=_SENSITIVE_AT)
    cases = {
        "as assumed": base,
        "videos twice as long": replace(base, median_s=2 * base.median_s),
        "vCPUs half as fast": replace(base, slow=2.0),
        "nothing larger than 720p": replace(base, sizes={"480p": 0.15, "720p": 0.85}),
        "as many in the night as at noon": replace(base, peak=1.0),
        "a heartbeat every 2 s": replace(base, heartbeat_s=2.0),
        "another seed": replace(base, seed=base.seed + 1),
    }
    found = []
    for name, audience in cases.items():
        day = simulate(load_of(audience, flow, ladder), flow, Room())
        needed = {need.name: need for need in needs(day, flow, instances=INSTANCES)}
        found.append(
            {
                "case": name,
                "videos": _SENSITIVE_AT,
                **_waited(day),
                "usd_per_video": _round(day.usd / day.videos),
                "vcpus": _round(needed["run.vcpus"].amount),
                "index_writes_s": _round(needed["firestore.index_writes_s"].amount),
            }
        )
    return found


def _bursts(flow: Flow, ladder: LadderPlanner) -> list[dict[str, Any]]:
    """Returns how soon many videos are ready that come at once."""
    load = load_of(Audience(videos=_BURST), flow, ladder)
    at_once = replace(load, arrivals=np.zeros(len(load.arrivals)))
    rooms = {
        "as many pushes as instances from the beginning": Room(instances=_BURST_INSTANCES),
        "three pushes at first, doubling with the answers": Room(instances=_BURST_INSTANCES, first_window=3),
        "the default of 8 instances": Room(instances=INSTANCES),
    }
    return [
        {"case": name, "videos": len(at_once.arrivals), **_waited(simulate(at_once, flow, room))}
        for name, room in rooms.items()
    ]


def _waited(day: Day) -> dict[str, float]:
    return {"ready_p50_s": _round(day.ready_within_s(0.5)), "ready_p99_s": _round(day.ready_within_s(0.99))}


def _thinned(working: Times, points: int = 96) -> Sequence[float]:
    return [_round(float(part.max())) for part in np.array_split(working, points)]


def _round(value: float, digits: int = 4) -> float:
    """Returns a value with so many digits that count: the last ones differ between machines."""
    return float(f"{value:.{digits}g}")
