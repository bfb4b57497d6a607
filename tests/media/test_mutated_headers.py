"""Headers with a few bytes changed by chance: whatever comes of them is an answer about the file, soon."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.errors import PermanentError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.hostile.case import Kit
from tests.media.hostile.uploads import Worker

_MUTATIONS = 16  # each costs two processes
_ENCODED = 1  # of the mutations that are accepted, so that the encoder sees some
_HEADER_BYTES = 2048
_MAX_SECONDS = 30.0
_CLIP = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=0.4", "-f", "lavfi", "-i", "sine=440:d=0.4:r=48000")
_CONTAINERS = {
    "a.mp4": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart"),
    "a.mov": ("-c:v", "mjpeg", "-c:a", "pcm_s16le", "-movflags", "+faststart"),
    "a.mkv": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "ac3"),
    "a.webm": ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"),
    "a.avi": ("-c:v", "mpeg4", "-c:a", "mp3"),
    "a.ts": ("-c:v", "mpeg2video", "-c:a", "aac"),
    "a.flv": ("-c:v", "flv", "-c:a", "aac"),
    "a.wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
}


def _mutated(content: bytes, seed: int) -> bytes:
    """Returns a file of which one to eight bytes of its beginning have other values."""
    chance, result = random.Random(seed), bytearray(content)
    for _ in range(chance.randint(1, 8)):
        result[chance.randrange(min(len(content), _HEADER_BYTES))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0x41))
    return bytes(result)


@pytest.mark.reliability("A18", "A20")
@pytest.mark.parametrize("name", _CONTAINERS)
def test_mutated_header(name: str, tmp_path: Path, tool: FfmpegMediaTool, session: FakeStageContext) -> None:
    kit = Kit(tmp_path, "", tmp_path / "none")
    content = kit.make(name, *_CLIP, *_CONTAINERS[name]).read_bytes()
    accepted, details = [], list[str]()
    for seed in range(_MUTATIONS):
        path, started = kit.write(name, _mutated(content, seed)), time.monotonic()
        try:
            tool.probe(path, MediaLimits(), session)
            accepted.append(path)
        except PermanentError as refused:
            details.append(refused.detail)
        assert time.monotonic() - started < _MAX_SECONDS, seed
    assert all(detail.endswith(".") for detail in details)
    assert accepted, "nothing was left to encode"
    worker = Worker(tmp_path / "data")
    for number, path in enumerate(accepted[-_ENCODED:]):
        outcome = worker.upload(path, f"ann/{number}/{name}")
        assert not outcome.result.startswith("put off"), (path, outcome.result, outcome.logs)
        assert outcome.seconds < _MAX_SECONDS
    worker.close()
