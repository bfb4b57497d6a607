"""What the segment stage costs: all of its work, sound included, over decoding the source once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.adapters.binaries import bundled
from tests.bench.engine import learned, new_folders, segmented, warmed
from tests.bench.measuring import Figure, by_turns, cpu_s, report, summary
from tests.bench.test_transcode import longer

AT_MOST = 0.25

pytestmark = pytest.mark.bench


def enlarged(video: Path, path: Path) -> Path:
    """Writes a minute of a video over and over, in 1080p with the grain of a camera."""
    command = [
        str(bundled("ffmpeg")),
        "-v",
        "error",
        "-nostdin",
        "-stream_loop",
        "-1",
        "-i",
        str(video),
        "-t",
        "60",
    ]
    command += ["-vf", "scale=1920:1080,setsar=1,noise=alls=6:allf=t,fps=30", "-preset", "veryfast", "-crf", "21"]
    subprocess.run([*command, "-c:v", "libx264", "-c:a", "aac", "-b:a", "128k", str(path)], check=True)
    return path


@pytest.mark.parametrize(
    "video", ["60 s of 1080p", "30 s of 720p", "second_vid.mp4", "ChromeCast.mp4", "pixel8_en_combo_0_v.mp4"]
)
def test_segment_over_one_decode(real_media: Path, tmp_path: Path, video: str) -> None:
    source, folders = real_media / video, new_folders(tmp_path)
    if not source.exists():
        advert, source = real_media / "ChromeCast.mp4", tmp_path / "long.mp4"
        source = longer(advert, source) if "720p" in video else enlarged(advert, source)
    transcoded = tmp_path / "transcoded"
    learned(source, transcoded)
    warmed(segmented(transcoded, next(folders)), tmp_path)

    def decode() -> Callable[[], object]:
        command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-i", str(source)]
        # The pictures and the sound that are processed; a thread, as more would only add to what it takes.
        command += ["-map", "0:v:0", "-map", "0:a:0?", "-f", "null", "-"]
        return lambda: subprocess.run(command, check=True)

    runs = by_turns({"decode": decode, "segment": lambda: segmented(transcoded, next(folders))})
    stage, once = runs["segment"], runs["decode"]
    drifts = (stage.against_itself(cpu_s), once.against_itself(cpu_s))
    report(
        f"Segment, {video}",
        [
            Figure(
                what="CPU / one decode of the source", value=stage.over(once, cpu_s), at_most=AT_MOST, drift=drifts
            )
        ],
        [summary(runs)],
    )
