"""Days of 10, 10,000 and 1,000,000 videos: how soon they are ready, what they need, which limit comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from functions.sweep import stage as sweep
from infra.cost.demand import Load
from infra.cost.measurements import assumed
from infra.cost.model import instance_usage, usd_of
from infra.cost.price_list import limits
from infra.cost.simulation import DAY_S, Served, Station, Times, busy_over_time, serve
from shared.domain.flow import Flow

__all__ = ["ENOUGH", "Day", "Need", "Room", "needs", "simulate"]

ENOUGH: Final = 10_000_000
"""Instances that nobody has to wait for."""

STEP_S: Final = 300.0
"""What happens is looked at in steps of five minutes."""

_DELIVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a project lets run.

    Attributes:
        instances: Most instances of a function.
        executions: Most executions of jobs.
        first_window: Pushes that may wait for an answer at first.
    """

    instances: int = ENOUGH
    executions: int = ENOUGH
    first_window: int = ENOUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a simulated day was like.

    Attributes:
        load: The videos.
        ready_s: How long after it arrived each was ready.
        working: Stage, or ``job`` -> instances at work, by STEP_S.
        starts: The same -> instances that had to be started.
        usd: What processing them cost.
    """

    load: Load
    ready_s: Times
    working: Mapping[str, Times]
    starts: Mapping[str, int]
    usd: float

    @property
    def videos(self) -> int:
        """How many there were."""
        return len(self.ready_s)

    def ready_within_s(self, share: float) -> float:
        """Returns the time in which a share of the videos was ready."""
        return float(np.quantile(self.ready_s, share)) if self.videos else 0.0

    def by_midnight(self) -> float:
        """Returns the share of the videos that was ready when the day was over."""
        return float(np.mean(self.load.arrivals + self.ready_s <= DAY_S)) if self.videos else 1.0


def simulate(load: Load, flow: Flow, room: Room) -> Day:
    """Returns what becomes of a day's videos, the same for the same arguments."""
    at = load.arrivals
    working: dict[str, Times] = {}
    starts: dict[str, int] = {}
    usd = float(load.usd.sum())
    for spec in flow.stages:
        here = load.busy_s[spec.stage].copy()
        out = load.as_job if spec.job_timeout_s is not None else np.zeros(len(at), np.bool_)
        here[out] = assumed("machinery_s")
        station = Station(
            most=room.instances,
            start_s=assumed(f"start_s.{spec.image}"),
            keep_warm_s=assumed("keep_warm_s"),
            first_window=room.first_window,
        )
        served = serve(at + _DELIVERY_S, here, station)
        usd += served.starts * usd_of(instance_usage(spec, station.start_s))
        working[spec.stage] = busy_over_time(served.began, served.ended, STEP_S)
        starts[spec.stage] = served.starts
        at = served.ended
        if out.any():
            executions = _executed(at[out], load.busy_s[spec.stage][out], room)
            working["job"] = busy_over_time(executions.began, executions.ended, STEP_S)
            starts["job"] = executions.starts
            at = at.copy()
            at[out] = executions.ended
    return Day(load=load, ready_s=at - load.arrivals, working=working, starts=starts, usd=usd)


def _executed(arrivals: Times, busy_s: Times, room: Room) -> Served:
    return serve(arrivals, busy_s + assumed("start_s.job"), Station(most=room.executions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How much of something the busiest five minutes of a day take.

    Attributes:
        name: What tells it from the others: the limit's name, ``instances`` or ``sweep``.
        what: The thing, for people.
        amount: How much is taken.
        most: How much there is.
        unit: Of what.
        remedy: What to do about it.
    """

    name: str
    what: str
    amount: float
    most: float
    unit: str
    remedy: str

    @property
    def share(self) -> float:
        """How much of what there is, is taken."""
        return self.amount / self.most


def needs(day: Day, flow: Flow, *, instances: int) -> Sequence[Need]:
    """Returns what a day that nothing held up needs, the scarcest first.

    Args:
        day: The day.
        flow: The stages and what they get.
        instances: Most instances of a function that the deployment allows.
    """
    most_working = {name: float(working.max()) for name, working in day.working.items()}
    functions = {spec.stage: most_working[spec.stage] for spec in flow.stages}
    busiest = max(functions, key=functions.__getitem__)
    jobs = most_working.get("job", 0.0)
    found = [
        Need(
            name="instances",
            what=f"instances of {busiest}",
            amount=functions[busiest],
            most=instances,
            unit="instances",
            remedy="raise `instances` in the environment's tfvars: a default that guards the bill",
        ),
        _disk(flow, functions, jobs),
        _vcpus(flow, functions, jobs),
        _limited("run.executions", jobs, "more quota, or more regions: a cell has its own"),
        _limited(
            "pubsub.push_window", functions[busiest], "shard the topic, or shorter pushes: more goes to jobs"
        ),
        _limited(
            "firestore.index_writes_s",
            _rate(day, day.load.own_writes),
            "cells with a database each",
        ),
        _limited(
            "storage.writes_s",
            _rate(day, day.load.objects),
            "nothing: it adapts; a bucket a cell where it does not",
        ),
        _limited(
            "pubsub.push_bytes_s",
            _rate(day, np.full(day.videos, 2.0 * len(flow.stages) + 2)) * assumed("message_bytes"),
            "more quota",
        ),
        _sweep(day, flow),
    ]
    return sorted(found, key=lambda need: -need.share)


def _limited(name: str, amount: float, remedy: str) -> Need:
    limit = limits()[name]
    return Need(name=name, what=limit.what, amount=amount, most=limit.value, unit=limit.unit, remedy=remedy)


def _vcpus(flow: Flow, functions: Mapping[str, float], jobs: float) -> Need:
    used = sum(spec.cpu * functions[spec.stage] for spec in flow.stages)
    used += sum(spec.cpu * jobs for spec in flow.stages if spec.job_timeout_s is not None)
    return _limited("run.vcpus", used, "more quota, or more regions: a cell has its own")


def _disk(flow: Flow, functions: Mapping[str, float], jobs: float) -> Need:
    disks = sum(functions[spec.stage] + (jobs if spec.job_timeout_s else 0) for spec in flow.stages if spec.disk)
    return _limited(
        "run.disk_gib", disks * limits()["run.disk_gib_instance"].value, "more quota: ask before opening"
    )


def _sweep(day: Day, flow: Flow) -> Need:
    """Returns what clearing up after videos takes of the time that sweep has for it each minute."""
    within_s = next(one.within_s for one in flow.schedules if "clear_leftovers" in one.steps)
    cleared_s = sweep.THREADS / assumed("clear_s") * within_s / 60
    return Need(
        name="sweep",
        what="sweep: videos cleared up after",
        amount=_rate(day, np.ones(day.videos)),
        most=cleared_s,
        unit="videos/s",
        remedy="more threads in sweep, or a schedule of its own for clear_leftovers",
    )


def _rate(day: Day, weights: Times) -> float:
    """Returns what happens a second in the busiest step, spread over the time that each video is in the works."""
    edges = np.arange(0.0, DAY_S + STEP_S, STEP_S)
    counts, _ = np.histogram(day.load.arrivals + day.ready_s / 2, edges, weights=weights)
    return float(counts.max() / STEP_S)
