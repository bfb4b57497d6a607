"""Rungs that are scaled from the rung above look like rungs that are scaled from the source, and are as large."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from functions.transcode.plan import plan_pictures
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import EncodingSettings
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip
from tests.media.whole_run import LADDER

_SECONDS = 3


def _vmaf(path: Path, source: Path, size: tuple[int, int]) -> float:
    """Returns how like the source a file looks on a screen of the source's size, 0..100."""
    shown = f"[0:v]scale={size[0]}:{size[1]}:flags=bicubic,settb=1/1000,setpts=N[shown]"
    meant = "[1:v]format=yuv420p,settb=1/1000,setpts=N[meant]"
    graph = f"{shown};{meant};[shown][meant]libvmaf=n_threads=2:n_subsample=3"
    command = [str(bundled("ffmpeg")), "-hide_banner", "-nostdin", "-i", str(path), "-i", str(source)]
    command += ["-lavfi", graph, "-f", "null", "-"]
    log = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stderr
    (score,) = re.findall(r"VMAF score: ([\d.]+)", log)
    return float(score)


@pytest.mark.parametrize("name", ["ChromeCast.mp4", "second_vid.mp4", "shuttle10seconds.1080x608.webm"])
def test_cascade(
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    make_clip: MakeClip,
    real_media: Path,
    name: str,
) -> None:
    clip = make_clip("clip.mkv", "-i", str(real_media / name), "-map", "0:v:0", "-t", str(_SECONDS), "-c", "copy")
    media = tool.probe(clip, MediaLimits(), session)
    plan = plan_pictures(LADDER.plan(media, None, EncodingSettings()).rungs)
    cascade = FfmpegEncoder().encode_pictures(clip, media, plan, session.workspace, session)
    for encoded in cascade.rungs[1:]:
        folder = session.workspace / encoded.rung.name
        folder.mkdir()
        # The second of them is encoded with one thread, as it is in the cascade.
        twice = replace(plan, rungs=(replace(encoded.rung, name="first"), encoded.rung))
        direct = FfmpegEncoder().encode_pictures(clip, media, twice, folder, session).rungs[1]
        share = encoded.path.stat().st_size / direct.path.stat().st_size
        ours, theirs = (_vmaf(one.path, clip, media.video[0].display_size) for one in (encoded, direct))
        print(f"{name} {encoded.rung.name}: VMAF {ours:.2f} against {theirs:.2f}, size {share:.3f}")
        assert share == pytest.approx(1, abs=0.03)
        assert ours == pytest.approx(theirs, abs=0.5)
