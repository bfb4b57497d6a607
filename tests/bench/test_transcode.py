"""What the transcode stage costs over one FFmpeg command that an engineer would write for the same ladder."""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path

import pytest

from functions.transcode.pictures import whole_pictures
from functions.transcode.plan import plan_pictures
from functions.transcode.stage import TranscodeStage
from functions.transcode.strategies import LADDERS
from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.encoding import TranscodePlan
from shared.domain.media import MediaInfo
from shared.settings import Settings
from shared.testing.stage_context import FakeStageContext

ROUNDS = 5
CLIP = "ChromeCast.mp4"

pytestmark = pytest.mark.bench


def ladder_by_hand(source: Path, plan: TranscodePlan, folder: Path) -> list[str]:
    """The ladder and its sound, and nothing else: one decode, each rung scaled from the one above."""
    graph, outputs = "", []
    above = "0:v:0"
    for index, rung in enumerate(plan.rungs):
        last = index == len(plan.rungs) - 1
        graph += f"[{above}]scale={rung.width}:{rung.height},setsar=1,format=yuv420p"
        graph += f"[out{index}];" if last else f",split[out{index}][down{index}];"
        above = f"down{index}"
        rate = [
            "-crf",
            str(rung.crf),
            "-maxrate",
            str(rung.max_bitrate_bps),
            "-bufsize",
            str(2 * rung.max_bitrate_bps),
        ]
        keys = ["-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-threads", "1", "-profile:v", "high"]
        outputs += ["-map", f"[out{index}]", "-c:v", "libx264", "-preset", "veryfast", *rate, *keys]
        outputs += ["-fps_mode", "passthrough", str(folder / f"hand-{rung.name}.mp4")]
    sound = ["-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-ac", "2", str(folder / "hand-audio.mp4")]
    start = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y", "-i", str(source)]
    return [*start, "-filter_complex", graph.rstrip(";"), *outputs, *sound]


def cpu_s_of(command: list[str]) -> float:
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def stage_cpu_s(wiring: Bootstrap, source: Path, media: MediaInfo, folder: Path) -> tuple[float, float]:
    """Returns the CPU-seconds of the stage's FFmpeg process, and of all its programs."""
    context = FakeStageContext(folder=folder, source_file=source, media=media)
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    pictures = whole_pictures(wiring.encoder, ladder)
    TranscodeStage(wiring.media_tool, wiring.encoder, wiring.packager, pictures).run(context)
    encodes = [run.cpu_s for run in context.tools if "-progress" in run.command]
    return sum(encodes), sum(run.cpu_s for run in context.tools)


def test_transcode_over_the_ladder_by_hand(real_media: Path, tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path, log_level="error"))
    source = real_media / CLIP
    probing = FakeStageContext(folder=tmp_path / "probe", source_file=source)
    media = wiring.media_tool.probe(source, wiring.settings.limits, probing)
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    plan = plan_pictures(ladder.plan(media, None, wiring.settings.encoding).rungs)
    command = ladder_by_hand(source, plan, tmp_path)

    hand: list[float] = []
    encode: list[float] = []
    stage: list[float] = []

    def measure_stage(number: int, half: str) -> None:
        encode_s, all_s = stage_cpu_s(wiring, source, media, tmp_path / f"{number}{half}")
        encode.append(encode_s)
        stage.append(all_s)

    for number in range(ROUNDS):  # by hand, ours, ours, by hand: a drift of the machine hits both alike
        hand.append(cpu_s_of(command))
        measure_stage(number, "a")
        measure_stage(number, "b")
        hand.append(cpu_s_of(command))
    bare_s = statistics.median(hand)
    encode_ratio, stage_ratio = statistics.median(encode) / bare_s, statistics.median(stage) / bare_s
    drift = statistics.median(hand[::2]) / statistics.median(hand[1::2])
    print(f"\ntranscode CPU over the ladder by hand ({CLIP}, {bare_s:.1f} CPU-s, n={ROUNDS} x 2, A/A {drift:.3f})")
    print(f"  the FFmpeg process (ladder, proxy, poster, storyboard, 16 kHz)  {encode_ratio:.3f}")
    print(f"  the stage (with packaging, download file, verification)         {stage_ratio:.3f}")
