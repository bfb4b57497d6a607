"""A video whose transcode takes long, for tests of what happens to whoever is at it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.ingest.stage import IngestStage
from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.domain.wire import Delivery
from shared.settings import Settings
from shared.testing.videos import delivery_of, upload

__all__ = ["LongWork", "wait_for"]

_OBJECT = "ann/long.mp4"


@dataclass
class LongWork:
    """An ingested video on one machine.

    Attributes:
        wiring: The deployment.
        delivery: What has it transcoded.
    """

    wiring: Bootstrap
    delivery: Delivery

    @classmethod
    def made(cls, data_dir: Path) -> LongWork:
        """Makes half a minute of noise, which no encoder is done with quickly, and has it ingested."""
        file = data_dir / "uploads" / _OBJECT
        file.parent.mkdir(parents=True)
        noise = "color=gray:size=640x360:rate=25:duration=30,noise=alls=60:allf=t"
        options = [
            "-v",
            "error",
            "-nostdin",
            "-f",
            "lavfi",
            "-i",
            noise,
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
        ]
        subprocess.run([str(bundled("ffmpeg")), *options, str(file)], check=True)
        wiring = Bootstrap(Settings(data_dir=data_dir, log_level="error"))
        stored = wiring.blobs.stat("uploads", _OBJECT)
        told = upload(_OBJECT, generation=stored.generation, size_bytes=stored.size_bytes)
        stage = IngestStage(wiring.media_tool, wiring.settings.limits)
        wiring.endpoint("ingest", stage).handle(delivery_of(told))
        (message,) = wiring.local_bus.lease(1, 600, ["transcode"])
        return cls(wiring, message.delivery)

    @property
    def outcomes(self) -> Sequence[str]:
        """How each attempt at transcoding it ended."""
        attempts = self.wiring.repository.attempts(video_id_of("uploads", _OBJECT))
        return [attempt.outcome for attempt in attempts if attempt.stage == "transcode"]

    @property
    def counted(self) -> int:
        """How many of them count towards giving the video up."""
        video = self.wiring.repository.get(video_id_of("uploads", _OBJECT))
        assert video is not None
        return video.attempts.get("transcode", 0) - video.interruptions.get("transcode", 0)


def wait_for(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
