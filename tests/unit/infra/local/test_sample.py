from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from infra.local.sample import render_sample
from infra.local.scenery import SCENES
from shared.adapters.binaries import bundled
from shared.domain.errors import ConfigurationError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "a folder" / "clip.mp4"
    render_sample(bundled("ffmpeg"), path)
    return path


def test_is_the_same_every_time(clip: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    render_sample(bundled("ffmpeg"), again)
    assert again.read_bytes() == clip.read_bytes()
    assert list(tmp_path.iterdir()) == [again], "nothing else is left behind"


def test_lasts_25_seconds_and_has_picture_and_sound(clip: Path) -> None:
    fields = "stream=codec_name,width,height,nb_frames:format=duration"
    run = subprocess.run(
        [bundled("ffprobe"), "-v", "error", "-show_entries", fields, "-of", "default=nw=1:nk=1", clip],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split()[:5] == ["h264", "1280", "720", "625", "aac"]
    assert float(run.stdout.split()[-1]) == pytest.approx(25.0, abs=0.05)


def test_has_the_silence_and_the_black_that_stages_are_to_find(clip: Path) -> None:
    run = subprocess.run(
        [
            bundled("ffmpeg"), "-hide_banner", "-nostdin", "-i", clip,
            "-af", "silencedetect=n=-50dB:d=1", "-vf", "blackdetect=d=0.04:pix_th=0.12", "-f", "null", "-",
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert run.stderr.count("silence_start") == 2
    assert run.stderr.count("black_start") == 1


def test_scenes_look_different() -> None:
    far_layers = {scene.layers()[0].resize((8, 8)).tobytes() for scene in SCENES}
    assert len(far_layers) == len(SCENES) >= 6


def test_a_program_that_can_not_render_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="automations doctor"):
        render_sample(Path("/bin/false"), tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []
