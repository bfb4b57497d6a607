"""The simulation against real runs: videos that come at once, through real workers, and the same simulated."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from infra.cost.simulation import Station, Times, serve
from infra.local.stack import Stack
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.domain.status import TERMINAL
from shared.settings import Settings

VIDEOS = 8

pytestmark = pytest.mark.bench


def run(wiring: Bootstrap, stack: Stack, source: Path, names: list[str]) -> tuple[Times, list[list[float]]]:
    """Puts videos in at once; returns how long after it began each was ready, and what each of its stages took."""
    began_s = time.time()
    for name in names:
        wiring.blobs.put("uploads", name, source, "video/mp4")
        stack.wake()
    videos = [video_id_of("uploads", name) for name in names]
    while not all((video := wiring.repository.get(each)) and video.status in TERMINAL for each in videos):
        time.sleep(0.01)
    attempts = [wiring.repository.attempts(each) for each in videos]
    ended = [max(one.ended_at.timestamp() for one in mine if one.ended_at) - began_s for mine in attempts]
    return np.array(ended), [[one.cost.wall_s for one in mine] for mine in attempts]


def simulated(lasts: Times, overhead_s: float, workers: int) -> Times:
    """Returns when each video is ready if workers that do all stages take messages in their order.

    What comes out of a stage comes in for the next, so the arrivals are right when nothing changes any more.
    """
    arrivals = np.zeros_like(lasts)
    while True:
        served = serve(arrivals.ravel(), (lasts + overhead_s).ravel(), Station(most=workers))
        ended = served.ended.reshape(lasts.shape)
        following = np.hstack([np.zeros((len(lasts), 1)), ended[:, :-1]])
        if np.allclose(following, arrivals):
            return ended[:, -1]
        arrivals = following


@pytest.mark.parametrize("workers", [1, 2])
def test_real_runs_take_what_the_simulation_says(real_media: Path, tmp_path: Path, workers: int) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))
    source = real_media / "bear-vp9-opus.webm"
    with Stack(wiring, workers=workers) as stack:
        run(wiring, stack, source, [f"bench/warm-{number}.webm" for number in range(workers)])
        alone = [run(wiring, stack, source, [f"bench/alone-{number}.webm"]) for number in range(3)]
        overhead_s = statistics.median((float(ended[0]) - sum(lasts[0])) / len(lasts[0]) for ended, lasts in alone)
        real, lasts = run(wiring, stack, source, [f"bench/{number}.webm" for number in range(VIDEOS)])
    expected = simulated(np.array(lasts), overhead_s, workers)
    print(f"\n{VIDEOS} videos at once, {workers} workers, {overhead_s * 1000:.0f} ms around a stage")
    ratios = [function(expected) / function(real) for function in (np.min, np.median, np.max)]
    print("  simulated over real: first {:.2f}, half {:.2f}, all {:.2f}".format(*ratios), f"of {max(real):.1f} s")
    assert 0.5 < max(expected) / max(real) < 2.0
