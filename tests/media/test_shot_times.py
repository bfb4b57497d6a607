"""Frame numbers and times of shots are the source's, however its timeline begins and whatever its pace."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from functions.segment.stage import PICTURES_LONG_SIDE
from functions.transcode.plan import plan_pictures
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.records import Segment
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.edits.corpus import Clip, Style, write_clip
from tests.media.edits.detecting import begins, shots_in, spans
from tests.media.edits.montage import Montage
from tests.media.edits.sceneries import DRAWN, Camera, film
from tests.media.transcodes import MakeClip, small_plan

STRATEGIES = ("shots", "pyscenedetect-adaptive")


def montage() -> Montage:
    rng = np.random.default_rng(4)
    shots = [film(rng, DRAWN[name][0](rng), 60, Camera(pan=1.0)) for name in ("landscape", "city", "people")]
    return Montage().begin(shots[0]).cut(shots[1]).dissolve(shots[2], 20)


def written(path: Path, **style: Any) -> Clip:
    """Writes a video; one that starts late does so with respect to its sound."""
    made = montage()
    clip = Clip("clip", Style(**style), made.pictures, tuple(made.edits), ())
    silent = path.with_stem("silent")
    write_clip(clip, silent, 18)
    both = ["-copyts", "-i", str(silent), "-f", "lavfi", "-t", "9", "-i", "anullsrc", "-map", "0:v", "-map", "1:a"]
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", *both, "-c:v", "copy", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return clip


def found_by(strategy: str, source: Path, session: FakeStageContext) -> Sequence[Segment]:
    """Returns what is found in the proxy that a transcode makes."""
    tool, folder = FfmpegMediaTool(), session.workspace
    media = tool.probe(source, MediaLimits(), session)
    plan = plan_pictures(small_plan((160, 90)).rungs)
    proxy = FfmpegEncoder().encode_pictures(source, media, plan, folder, session).proxy
    frames = tool.frames(proxy, media.video[0].thumbnail_size(PICTURES_LONG_SIDE), session)
    return shots_in(frames, media, strategy)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "style",
    [
        pytest.param({"start_s": 1.5}, id="late"),
        pytest.param({"uneven": True}, id="uneven"),
        pytest.param({"start_s": 2.5, "uneven": True}, id="late and uneven"),
        pytest.param({"fps": 60.0}, id="60 fps"),
    ],
)
def test_frames_and_times_are_the_sources(
    session: FakeStageContext, tmp_path: Path, strategy: str, style: dict[str, Any]
) -> None:
    clip = written(tmp_path / "source.mp4", **style)
    found = found_by(strategy, tmp_path / "source.mp4", session)
    [cut] = [shot for shot in found if shot.kind == "shot" and shot.transition_in == "cut"]
    assert cut.start_frame == clip.edits[0].start
    assert cut.start_s == pytest.approx(clip.times_s[clip.edits[0].start], abs=1e-3)
    assert found[0].start_s == pytest.approx(clip.times_s[0], abs=1e-3)
    for one in found:
        if one.kind == "transition":
            assert one.start_s == pytest.approx(clip.times_s[cast("int", one.start_frame)], abs=1e-3)
            assert one.end_s == pytest.approx(clip.times_s[cast("int", one.end_frame)], abs=1e-3)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_an_edit_list_hides_is_not_counted(
    make_clip: MakeClip, session: FakeStageContext, tmp_path: Path, strategy: str
) -> None:
    written(tmp_path / "whole.mp4")
    keyed = make_clip("keyed.mp4", "-i", str(tmp_path / "whole.mp4"), "-c:v", "libx264", "-g", "25")
    # Copied from the key frame before 0.4 s on, with an edit list that hides what comes before 0.4 s.
    trimmed = make_clip("trimmed.mp4", "-ss", "0.4", "-i", str(keyed), "-an", "-c", "copy")
    found = found_by(strategy, trimmed, session)
    assert begins(found, "cut") == [50]
    [cut] = [shot for shot in found if shot.transition_in == "cut"]
    assert cut.start_s == pytest.approx(2.0, abs=0.021)
    if strategy == "shots":
        [dissolve] = spans(found, "dissolve")
        assert abs(dissolve.start - 90) <= 3
        assert abs(dissolve.end - 110) <= 3
