"""What a transcode costs over what an engineer would write for the same files, and over a process a rendition."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.adapters.binaries import bundled
from tests.bench.by_hand import ByHand
from tests.bench.engine import learned, new_folders, transcoded
from tests.bench.measuring import CORES, Contestant, Figure, by_turns, cpu_s, report, summary, wall_s

CLIP = "ChromeCast.mp4"
"""An advert with cuts, text and motion: 15 s of 1202x676."""

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("video", ["30 s of 720p", CLIP])
def test_transcode_over_what_is_written_by_hand(real_media: Path, tmp_path: Path, video: str) -> None:
    source, folders = real_media / CLIP, new_folders(tmp_path)
    if video != CLIP:
        source = longer(source, tmp_path / "long.mp4")
    known = learned(source, next(folders))

    def by_hand(write: Callable[[ByHand], None]) -> Contestant:
        def prepare() -> Callable[[], object]:
            folder = next(folders)
            folder.mkdir()
            return lambda: write(ByHand(source, known, folder))

        return prepare

    runs = by_turns(
        {
            "cascade": by_hand(ByHand.cascade),
            "engine": lambda: transcoded(source, next(folders)),
            "each": by_hand(ByHand.one_process_a_rendition),
        }
    )
    cascade, engine, each = runs["cascade"], runs["engine"], runs["each"]
    used = [one.cpu_s / (len(CORES) * one.wall_s) for one in (*engine.there, *engine.back)]
    drifts = {name: run.against_itself(cpu_s) for name, run in runs.items()}
    report(
        f"Transcode, {video}",
        [
            Figure(
                what="CPU / best cascade by hand",
                value=engine.over(cascade, cpu_s),
                at_most=1.02,
                drift=(drifts["engine"], drifts["cascade"]),
            ),
            Figure(
                what="CPU / one FFmpeg process a rendition",
                value=engine.over(each, cpu_s),
                at_most=0.80,
                drift=(drifts["engine"], drifts["each"]),
            ),
            Figure(
                what=f"core use, CPU / ({len(CORES)} x wall)",
                value=statistics.median(used),
                at_least=0.92,
                drift=(engine.against_itself(wall_s),),
            ),
        ],
        [f"{len(known.plan.rungs)} rungs. {summary(runs)}"],
    )


def longer(source: Path, destination: Path) -> Path:
    """Writes a video twice over at 720p and 30 frames a second, hardly worse: 30 s of it, with sound."""
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y", "-stream_loop", "1", "-i", str(source)]
    pictures = ["-vf", "fps=30,scale=1280:720,setsar=1", "-c:v", "libx264", "-preset", "veryfast", "-crf", "14"]
    subprocess.run([*command, *pictures, "-c:a", "aac", "-b:a", "192k", str(destination)], check=True)
    return destination
