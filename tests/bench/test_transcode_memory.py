"""How much more memory a transcode takes of a longer video."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.bench.chunked import ALWAYS, NEVER, looped
from tests.bench.engine import learned
from tests.bench.measuring import Figure, report

CLIP = "car-detection.mp4"
TIMES = (2, 4, 8)
"""Of 30 s."""

MOST_GROWTH = 0.05
"""Of the memory for the shortest, for each time that its length is added."""

pytestmark = pytest.mark.bench


@pytest.mark.parametrize(("mode", "settings"), [("whole", NEVER), ("chunks", ALWAYS)])
def test_memory_does_not_grow_with_the_length(
    real_media: Path, tmp_path: Path, mode: str, settings: Mapping[str, str]
) -> None:
    lengths, stage, tools = [], [], []
    for times in TIMES:
        source = looped(real_media / CLIP, times, tmp_path / f"{times}.mp4")
        known = learned(source, tmp_path / f"run-{times}", settings)
        assert (mode == "chunks") == any(one.endswith("piece.nut") for run in known.tools for one in run.command)
        lengths.append(known.media.duration_s)
        stage.append(known.peak_memory_bytes / 2**20)
        tools.append(known.largest_tool_bytes / 2**20)
    slopes = {
        what: float(np.polyfit(lengths, peaks, 1)[0]) * lengths[0] / peaks[0]
        for what, peaks in (("the stage itself", stage), ("its largest program", tools))
    }
    seen = "; ".join(
        f"{length_s:.0f} s: {own:.0f} and {largest:.0f} MiB"
        for length_s, own, largest in zip(lengths, stage, tools, strict=True)
    )
    report(
        f"Memory, {mode}",
        [
            Figure(what=f"growth of {what} a length of {lengths[0]:.0f} s", value=slope, at_most=MOST_GROWTH)
            for what, slope in slopes.items()
        ],
        [f"Peaks of the stage and of its largest program: {seen}."],
    )
