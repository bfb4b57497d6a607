"""What is said in a video, as a player gets it: by nobody's hand, through the whole stack."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from webvtt import Caption, from_string

from shared.adapters.binaries import bundled
from shared.testing.sound import write_wav
from tests.e2e.console_deployment import Deployment, deployment
from tests.media.spoken import SENTENCES, Talk, talk

__all__ = ["deployment"]  # a fixture

IN_TIME_S = 0.5


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("said"), SENTENCES[:3])


@pytest.fixture
def spoken_clip(said: Talk, tmp_path: Path) -> Path:
    """A few sentences that espeak-ng says, under a picture."""
    sound, clip = write_wav(tmp_path / "said.wav", np.asarray(said.samples)), tmp_path / "said.mp4"
    picture = ("-f", "lavfi", "-i", "color=navy:s=320x180:r=10", "-shortest", "-pix_fmt", "yuv420p")
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", str(sound), *picture, "-c:a", "aac", str(clip)]
    subprocess.run(command, check=True, timeout=60)
    return clip


def test_each_sentence_has_its_captions_while_it_is_said(
    deployment: Deployment, spoken_clip: Path, said: Talk
) -> None:
    cues, found = captions(deployment, deployment.process(spoken_clip, title="Three sentences"))
    for start_s, end_s in said.spans_s:
        own = [cue for cue in cues if start_s - IN_TIME_S <= seconds(cue.start) < end_s]
        assert own, (start_s, end_s)
        assert seconds(own[-1].end) <= end_s + IN_TIME_S
    assert " ".join(cue.text for cue in cues) == found


def test_a_lecture_has_captions(deployment: Deployment, real_media: Path) -> None:
    cues, found = captions(deployment, deployment.process(real_media / "audiovideo.mov", title="A lecture"))
    assert len(cues) >= 2
    assert " ".join(cue.text for cue in cues) == found


def captions(deployment: Deployment, video_id: str) -> tuple[list[Caption], str]:
    """Returns the cues that players get, after a player was seen to find them, and the words that were heard."""
    playback = deployment.ask("GET", f"/v1/videos/{video_id}/playback")
    assert kinds_of_streams(f"{deployment.origin}{playback['hls']}") == {"video", "audio", "subtitle"}
    (offered,) = playback["captions"]
    file = requests.get(f"{deployment.origin}{offered['url']}", timeout=10)
    findings = deployment.ask("GET", f"/v1/videos/{video_id}/findings")["findings"]
    return from_string(file.text).captions, " ".join(one["value"] for one in findings if one["name"] == "words")


def seconds(timestamp: str) -> float:
    """Returns a cue's time; webvtt's own is in whole seconds."""
    hours, minutes, rest = timestamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def kinds_of_streams(manifest: str) -> set[str]:
    """Asks ffprobe, which reads manifests as players do."""
    command = [str(bundled("ffprobe")), "-v", "error", "-show_entries", "stream=codec_type", "-of", "json"]
    answer: Any = json.loads(
        subprocess.run([*command, manifest], check=True, capture_output=True, timeout=60).stdout
    )
    return {stream["codec_type"] for stream in answer["streams"]}
