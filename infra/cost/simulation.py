"""A discrete-event simulation of the chain: messages that wait for instances, instances that have to be started.

Every station (a function behind its push subscription, or a job) is a queue that is served in the order of arrival
by at most so many instances, one message each. That is exact: a message begins when it is there, when all before
have begun, and when one of the instances is free or another may be started. What leaves one station arrives at the
next.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_S", "Served", "Station", "Times", "busy_over_time", "daily_arrivals", "serve"]

Times: TypeAlias = NDArray[np.float64]

DAY_S: Final = 86_400.0
"""How long a simulated day is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What handles messages.

    Attributes:
        most: Instances there may be.
        start_s: Seconds until a new instance works.
        keep_warm_s: Seconds after which an idle instance is gone.
        first_window: Pushes that may wait for an answer at first; each answer allows one more, so that they double
            in the time of an answer.
    """

    most: int
    start_s: float = 0.0
    keep_warm_s: float = np.inf
    first_window: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Served:
    """What became of the messages, in the order they were given.

    Attributes:
        began: When each was taken by an instance.
        ended: When it was done.
        starts: How many instances were started.
    """

    began: Times
    ended: Times
    starts: int


def serve(arrivals: Times, service_s: Times, station: Station) -> Served:
    """Returns when messages are handled.

    Args:
        arrivals: When each is there, in seconds; in any order.
        service_s: How long each takes.
        station: What handles them.
    """
    order = np.argsort(arrivals, kind="stable")
    began, ended = np.empty(len(order)), np.empty(len(order))
    busy: list[float] = []  # when each working instance will be free
    idle: list[float] = []  # since when each other one is, the latest last
    starts = answered = 0
    clock = 0.0
    most, window = station.most, station.first_window
    for place, arrival, lasts in zip(
        order.tolist(), arrivals[order].tolist(), service_s[order].tolist(), strict=True
    ):
        clock = max(clock, arrival)
        while busy and busy[0] <= clock:
            idle.append(heapq.heappop(busy))
            answered += 1
        while len(busy) >= min(most, window + answered):
            clock = heapq.heappop(busy)
            idle.append(clock)
            answered += 1
        if idle and clock - idle[-1] > station.keep_warm_s:
            idle.clear()
        ready = clock
        if idle:
            idle.pop()
        else:
            starts += 1
            ready += station.start_s
        began[place], ended[place] = clock, ready + lasts
        heapq.heappush(busy, ready + lasts)
    return Served(began, ended, starts)


def daily_arrivals(videos: int, peak: float, dice: np.random.Generator) -> Times:
    """Returns when videos arrive in a day: independently of each other, more in the middle of it than at its ends.

    Args:
        videos: How many, on average.
        peak: The busiest moment's rate over the day's mean, 1..2.
        dice: Where chance comes from.
    """
    count = int(dice.poisson(videos))
    arrivals = np.empty(0)
    while len(arrivals) < count:
        times = dice.uniform(0.0, DAY_S, count)
        rate = 1.0 - (peak - 1.0) * np.cos(2 * np.pi * times / DAY_S)
        kept = times[dice.uniform(0.0, peak, count) < rate]
        arrivals = np.concatenate([arrivals, kept])
    return np.sort(arrivals[:count])


def busy_over_time(began: Times, ended: Times, step_s: float, until_s: float = DAY_S) -> Times:
    """Returns how many are at work on average in each step of time.

    Args:
        began: When each begins.
        ended: When it ends.
        step_s: Length of a step in seconds.
        until_s: End of the last one.
    """
    edges = np.arange(0.0, until_s + step_s, step_s)
    # Seconds worked until each edge: the sum over all of min(edge, ended) - min(edge, began).
    worked = _clipped_sums(ended, edges) - _clipped_sums(began, edges)
    return np.asarray(np.diff(worked) / step_s)


def _clipped_sums(times: Times, edges: Times) -> Times:
    ordered = np.sort(times)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    before = np.searchsorted(ordered, edges, side="right")
    return np.asarray(sums[before] + edges * (len(ordered) - before))
