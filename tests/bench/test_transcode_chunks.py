"""What chunks cost over the whole, how much sooner two workers are done, and what putting together costs."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from tests.bench.chunked import ALWAYS, NEVER, Tasks, looped
from tests.bench.engine import learned, new_folders, transcoded
from tests.bench.measuring import CORES, Figure, by_turns, cpu_s, report, summary, wall_s
from tests.requirement import missing

CLIP = "second_vid.mp4"
LENGTH_S = 75.0
"""Three chunks at the default length."""

pytestmark = pytest.mark.bench


def test_chunked_over_whole(real_media: Path, tmp_path: Path) -> None:
    source, folders = looped(real_media / CLIP, 2, tmp_path / "long.mp4", LENGTH_S), new_folders(tmp_path)
    known = learned(source, tmp_path / "learned", ALWAYS)
    chunks = {one for run in known.tools for one in run.command if one.endswith("piece.nut")}
    assert len(chunks) >= 3, "it was encoded whole"

    runs = by_turns(
        {
            "whole": lambda: transcoded(source, next(folders), NEVER),
            "chunked": lambda: transcoded(source, next(folders), ALWAYS),
        }
    )

    ratio = runs["chunked"].over(runs["whole"], cpu_s)
    drift = [run.against_itself(cpu_s) for run in runs.values()]
    what = "CPU of a transcode in chunks / whole"
    report("Chunks", [Figure(what=what, value=ratio, at_most=1.05, drift=drift)], [summary(runs)])


def test_tasks_by_themselves(real_media: Path, tmp_path: Path) -> None:
    if len(CORES) < 2:
        missing("two workers need two cores")
    source = looped(real_media / CLIP, 2, tmp_path / "long.mp4", LENGTH_S)
    known = learned(source, tmp_path / "learned", ALWAYS)
    tasks = Tasks.of(source, known, tmp_path)
    encoded = [tasks.encode(chunk.index, f"chunk-{chunk.index}") for chunk in tasks.chunking.chunks]

    runs = by_turns(
        {
            "one worker": lambda: lambda: tasks.encode_twice(1),
            "two workers": lambda: lambda: tasks.encode_twice(2),
            "join": lambda: lambda: tasks.join(encoded),
        }
    )

    one, two, join = runs.values()
    sooner = statistics.median(alone / both for alone, both in zip(one.of(wall_s), two.of(wall_s), strict=True))
    a_chunk = statistics.median(
        both / (alone / 2) for both, alone in zip(join.of(cpu_s), one.of(cpu_s), strict=True)
    )
    a_chunk_wall = statistics.median(
        both / (alone / 2) for both, alone in zip(join.of(wall_s), one.of(wall_s), strict=True)
    )
    walls = (one.against_itself(wall_s), two.against_itself(wall_s))
    report(
        "Tasks",
        [
            Figure(what="speed-up of two workers, a core each, over one", value=sooner, at_least=1.9, drift=walls),
            Figure(
                what=f"CPU of joining {len(encoded)} chunks / encoding one",
                value=a_chunk,
                at_most=0.05,
                drift=(one.against_itself(cpu_s),),
            ),
            Figure(what="the same in seconds", value=a_chunk_wall, at_most=0.05, drift=walls[:1]),
        ],
        [summary(runs)],
    )
