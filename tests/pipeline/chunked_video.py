"""A video that is transcoded in chunks, what is seen of its tasks, and who kills them."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from functions.transcode.main import endpoint as transcode
from shared.adapters.binaries import bundled
from shared.adapters.local_bus import LeasedMessage
from shared.bootstrap import Bootstrap
from shared.domain.attempt import Attempt
from shared.domain.errors import TransientError
from shared.domain.identity import chunks_key, object_prefix, video_id_of
from shared.domain.records import Choice, Rendition
from shared.domain.video import Video
from shared.domain.wire import Delivery

__all__ = ["VIDEO_ID", "Deployment", "Killer", "MakeDeployment", "eventually", "tasks_at_work", "works_for"]

T = TypeVar("T")

VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")


@dataclass
class Deployment:
    """One machine with a video whose transcode is due."""

    wiring: Bootstrap
    message: LeasedMessage

    @property
    def delivery(self) -> Delivery:
        return self.message.delivery

    def transcode(self) -> None:
        """Transcodes as a queue has it done: again after what may pass, such as a dead worker's lease.

        Of a video that is deleted meanwhile the tasks may end before the attempt hears of it, and fails for that.
        """
        deadline = time.monotonic() + 60
        while True:
            try:
                return transcode.__wrapped__().handle(self.delivery)
            except TransientError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    @property
    def video(self) -> Video:
        video = self.wiring.repository.get(VIDEO_ID)
        assert video is not None
        return video

    @property
    def mode(self) -> str:
        choices = self.wiring.repository.records(self.video, Choice)
        return next(choice.value for choice in choices if choice.subject == "mode")

    def attempts(self) -> list[Attempt]:
        return [line for line in self.wiring.repository.attempts(VIDEO_ID) if line.stage == "transcode"]

    def pictures(self) -> dict[str, str]:
        """Returns a digest of the packets of each streamed rendition."""
        found = {}
        for rendition in self.wiring.repository.records(self.video, Rendition):
            path = self.wiring.settings.data_dir / "media" / rendition.object.name
            command = [
                str(bundled("ffmpeg")),
                "-loglevel",
                "error",
                "-i",
                str(path),
                "-c",
                "copy",
                "-f",
                "md5",
                "-",
            ]
            found[f"{rendition.kind} {rendition.name}"] = subprocess.check_output(command, text=True, timeout=60)
        return found

    def done(self) -> set[str]:
        prefix = object_prefix(VIDEO_ID, chunks_key(1)) + "done/"
        return {Path(stored.ref.name).stem for stored in self.wiring.blobs.list_objects("media", prefix)}

    def leftovers(self) -> list[str]:
        listed = self.wiring.blobs.list_objects("media", object_prefix(VIDEO_ID))
        return [stored.ref.name for stored in listed if "/chunks/" in stored.ref.name]

    def workspaces(self) -> list[Path]:
        """Returns what lies where attempts and tasks work."""
        return list((self.wiring.settings.data_dir / "work").iterdir())

    def told(self, event: str, folder: str = "logs/chunks") -> Counter[str]:
        """Returns how often tasks said something of each chunk."""
        lines: Counter[str] = Counter()
        for log in (self.wiring.settings.data_dir / folder).glob("*.log"):
            for line in log.read_text().splitlines():
                with suppress(ValueError):
                    told = json.loads(line)
                    if told.get("event", told.get("message")) == event:
                        lines[told["key"]] += 1
        return lines


MakeDeployment = Callable[..., Deployment]


def eventually(look: Callable[[], T | None]) -> T:
    """Returns what is there once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it never came")


def tasks_at_work(parent: psutil.Process) -> list[psutil.Process]:
    """Returns the worker processes whose FFmpeg encodes a piece now."""
    found = []
    with suppress(psutil.Error):
        for process in parent.children(recursive=True):
            with suppress(psutil.Error):
                if process.name().startswith("ffmpeg") and any("piece.nut" in word for word in process.cmdline()):
                    worker = process.parent()
                    if worker is not None and "-progress" in process.cmdline():
                        found.append(worker)
    return found


class Killer(threading.Thread):
    """Kills tasks at random moments.

    Attributes:
        kills: How many.
    """

    def __init__(self, seed: int, most: int) -> None:
        super().__init__(daemon=True)
        self._random = random.Random(seed)  # no secret
        self._most = most
        self._over = threading.Event()
        self.kills = 0

    def run(self) -> None:
        while self.kills < self._most and not self._over.wait(self._random.uniform(0.05, 0.3)):
            at_work = tasks_at_work(psutil.Process())
            if at_work:
                self._random.choice(at_work).kill()
                self.kills += 1

    def end(self) -> None:
        self._over.set()
        self.join()


def works_for(process: psutil.Process, deployment: Deployment) -> bool:
    """Tells whether a process other than this one does something for a deployment."""
    with suppress(psutil.Error):
        folder = str(deployment.wiring.settings.data_dir)
        return process.pid != psutil.Process().pid and any(folder in word for word in process.cmdline())
    return False
