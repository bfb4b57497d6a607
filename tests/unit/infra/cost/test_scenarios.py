from __future__ import annotations

from dataclasses import replace
from unittest.mock import MagicMock

import numpy as np
import pytest

from functions.transcode.strategies.standard import StandardLadder
from infra.cost.demand import Audience, load_of
from infra.cost.scenarios import Room, needs, simulate
from shared.pipeline import load_flow

FLOW = load_flow()
LADDER = StandardLadder(MagicMock())
LOAD = load_of(Audience(videos=3000), FLOW, LADDER)


def test_the_same_seed_is_the_same_day() -> None:
    again = load_of(Audience(videos=3000), FLOW, LADDER)

    assert np.array_equal(again.arrivals, LOAD.arrivals)
    assert not np.array_equal(load_of(Audience(videos=3000, seed=1), FLOW, LADDER).media_s, LOAD.media_s)


def test_fewer_instances_make_everybody_wait_longer_and_cost_no_more() -> None:
    days = [simulate(LOAD, FLOW, Room(instances=most)) for most in (1, 3, 1000)]

    waits = [day.ready_within_s(0.5) for day in days]
    assert waits == sorted(waits, reverse=True)
    assert days[0].usd <= days[-1].usd
    assert max(working.max() for name, working in days[1].working.items() if name != "job") <= 3 + 1e-9


def test_what_is_needed_grows_with_the_videos() -> None:
    shares = []
    for videos in (3000, 30_000):
        day = simulate(load_of(Audience(videos=videos), FLOW, LADDER), FLOW, Room())
        shares.append({need.name: need.share for need in needs(day, FLOW, instances=8)})

    for name, share in shares[0].items():
        assert shares[1][name] == pytest.approx(10 * share, rel=0.5), name


def test_frequent_heartbeats_are_most_of_what_is_written() -> None:
    """Which is why a deployment has seldom ones: the first limit that no quota lifts is Firestore's."""
    often = load_of(Audience(videos=3000, heartbeat_s=2.0), FLOW, LADDER)

    assert LOAD.own_writes.sum() < often.own_writes.sum() / 2
    assert LOAD.usd.sum() < often.usd.sum() < 1.05 * LOAD.usd.sum()
    assert np.array_equal(often.arrivals, LOAD.arrivals)


def test_slower_machines_take_longer_and_cost_more() -> None:
    slow = load_of(replace(Audience(videos=3000), slow=2.0), FLOW, LADDER)

    half_s, slow_half_s = (simulate(load, FLOW, Room()).ready_within_s(0.5) for load in (LOAD, slow))
    assert slow_half_s > 1.8 * half_s
    assert LOAD.usd.sum() < slow.usd.sum() < 2 * LOAD.usd.sum()
