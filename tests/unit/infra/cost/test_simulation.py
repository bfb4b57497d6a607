"""The simulation against what queueing theory knows, and against itself."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest

from infra.cost.simulation import Station, Times, busy_over_time, daily_arrivals, serve

COUNT = 200_000


def poisson(rate: float, dice: np.random.Generator) -> Times:
    return np.cumsum(dice.exponential(1 / rate, COUNT))


@pytest.mark.parametrize(("servers", "rate"), [(1, 0.7), (4, 3.2), (10, 8.0)])
def test_waiting_for_one_of_several_is_what_erlang_says(servers: int, rate: float) -> None:
    """M/M/c: Erlang's C over the spare capacity."""
    dice = np.random.default_rng(1)
    arrivals = poisson(rate, dice)

    served = serve(arrivals, dice.exponential(1.0, COUNT), Station(most=servers))

    load, used = rate, rate / servers
    all_busy = load**servers / factorial(servers) / (1 - used)
    delayed = all_busy / (sum(load**k / factorial(k) for k in range(servers)) + all_busy)
    assert np.mean(served.began - arrivals) == pytest.approx(delayed / (servers - rate), rel=0.05)
    assert np.mean(served.began > arrivals) == pytest.approx(delayed, rel=0.03)


def test_waiting_for_work_of_one_length_is_what_pollaczek_and_khinchine_say() -> None:
    """M/D/1: half of what it is for work of exponential length."""
    dice = np.random.default_rng(2)
    arrivals = poisson(0.8, dice)

    served = serve(arrivals, np.ones(COUNT), Station(most=1))

    assert np.mean(served.began - arrivals) == pytest.approx(0.8 / (2 * (1 - 0.8)), rel=0.05)


def test_with_instances_enough_nobody_waits_but_for_starts() -> None:
    arrivals = np.array([0.0, 1.0, 100.0, 1000.0])

    served = serve(arrivals, np.full(4, 10.0), Station(most=100, start_s=3.0, keep_warm_s=500.0))

    assert served.starts == 3, "two at first; the third finds one that is warm; the fourth finds none any more"
    assert (served.ended - arrivals).tolist() == [13.0, 13.0, 10.0, 13.0]


def test_messages_begin_in_the_order_they_come() -> None:
    dice = np.random.default_rng(3)
    arrivals = dice.uniform(0, 100, 500)

    served = serve(arrivals, dice.exponential(3.0, 500), Station(most=5))

    began = served.began[np.argsort(arrivals)]
    assert np.all(np.diff(began) >= 0)
    assert busy_over_time(served.began, served.ended, 1.0, 1000.0).max() <= 5 + 1e-9


def test_pushes_start_slowly_and_double_with_the_answers() -> None:
    served = serve(np.zeros(100), np.ones(100), Station(most=1000, first_window=3))

    started, counts = np.unique(served.began, return_counts=True)
    assert started.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert counts.tolist() == [3, 6, 12, 24, 48, 7]


def test_what_is_at_work_adds_up_to_the_work() -> None:
    dice = np.random.default_rng(4)
    began = dice.uniform(0, 80_000, 1000)
    lasts = dice.exponential(500, 1000)

    working = busy_over_time(began, began + lasts, 60.0, 200_000.0)

    assert working.sum() * 60 == pytest.approx(lasts.sum())


def test_more_come_at_noon_than_at_midnight() -> None:
    arrivals = daily_arrivals(100_000, 1.8, np.random.default_rng(5))
    by_hour, _ = np.histogram(arrivals, np.arange(0, 86_401, 3600))

    assert len(arrivals) == pytest.approx(100_000, rel=0.02)
    assert by_hour.max() == pytest.approx(1.8 * len(arrivals) / 24, rel=0.05)
    assert by_hour.min() == pytest.approx(0.2 * len(arrivals) / 24, rel=0.15)
