"""Clips with known answers, made by the bundled FFmpeg, and what they are tried on."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from functions.transcode.sound import plan_sound
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import EncodingSettings
from shared.ports.media_tool import Frame, MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.hostile.watch import Canary
from tests.media.refusals import Refuse
from tests.media.transcodes import Encoded, MakeClip, Transcode, small_plan


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> MakeClip:
    """Returns a function that makes a file with FFmpeg: its name, then FFmpeg's arguments; the same ones once."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str, *arguments: str) -> Path:
        # Two tests may choose one name for different clips.
        path = folder / hashlib.sha256(repr(arguments).encode()).hexdigest()[:16] / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            command = [str(bundled("ffmpeg")), "-loglevel", "error", "-y", *arguments, f"file:{path}"]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
        return path

    return make


@pytest.fixture(scope="session")
def clip(make_clip: MakeClip) -> Path:
    """Two seconds of H.264 with AAC, 160x120 at 25 frames a second, its index at the front."""
    return make_clip(
        "clip.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart"),
    )


@pytest.fixture
def tool() -> FfmpegMediaTool:
    return FfmpegMediaTool()


@pytest.fixture
def session(tmp_path: Path) -> FakeStageContext:
    return FakeStageContext(tmp_path / "attempt")


@pytest.fixture
def refuse(tool: FfmpegMediaTool, session: FakeStageContext) -> Refuse:
    return Refuse(tool, session)


@pytest.fixture
def encoder() -> FfmpegEncoder:
    return FfmpegEncoder()


@pytest.fixture
def transcode(tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext) -> Transcode:
    def run(path: Path, *sizes: tuple[int, int]) -> Encoded:
        media, folder = tool.probe(path, MediaLimits(), session), session.workspace
        plan = small_plan(*(sizes or [(160, 120), (80, 60)]))
        pictures = encoder.encode_pictures(path, media, plan, folder, session)
        sound_plan = plan_sound(media, EncodingSettings())
        sound = encoder.encode_sound(path, media, sound_plan, folder, session) if sound_plan else None
        return Encoded(media, pictures, sound)

    return run


@pytest.fixture
def frames(tool: FfmpegMediaTool, session: FakeStageContext) -> Callable[[Path], list[Frame]]:
    return lambda path: list(tool.frames(path, (32, 24), session))


@pytest.fixture
def canary() -> Iterator[Canary]:
    server = Canary()
    yield server
    server.close()
