"""Long videos for benches, made of short ones by copying, and their chunks' tasks by themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.chunks import Chunking
from shared.domain.encoding import TranscodePlan
from shared.domain.media import MediaInfo
from shared.settings import Settings
from shared.testing.stage_context import FakeStageContext
from tests.bench.engine import Learned
from tests.bench.measuring import CORES

__all__ = ["ALWAYS", "NEVER", "Tasks", "looped"]

ALWAYS: Final = {"AUTOMATIONS_ENCODING__CHUNKS": "always"}
NEVER: Final = {"AUTOMATIONS_ENCODING__CHUNKS": "never"}


def looped(source: Path, times: int, destination: Path, most_s: float | None = None) -> Path:
    """Writes a video's pictures several times over into one file, without encoding them again.

    Without the sound, whose end is seldom the pictures': frames would not be evenly spaced any more.

    Args:
        source: The video.
        times: How often.
        destination: The file, in MP4.
        most_s: Seconds after which it ends; None for all of it.
    """
    silent = destination.with_suffix(".once.mp4")
    start, copied = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y"], ["-map", "0:v:0", "-c", "copy"]
    subprocess.run([*start, "-i", str(source), *copied, str(silent)], check=True)
    again = ["-stream_loop", str(times - 1), "-i", str(silent)]
    until = ["-t", f"{most_s}"] if most_s else []
    subprocess.run([*start, *again, *until, *copied, str(destination)], check=True)
    silent.unlink()
    return destination


@dataclass(frozen=True)
class Tasks:
    """The chunks of a video, cut, to be encoded by tasks without anything around them.

    Attributes:
        wiring: The deployment.
        media: What probing the video found.
        plan: What is made of it.
        chunking: How it is cut.
        folder: Where the pieces are.
    """

    wiring: Bootstrap
    media: MediaInfo
    plan: TranscodePlan
    chunking: Chunking
    folder: Path

    @classmethod
    def of(cls, source: Path, known: Learned, folder: Path) -> Tasks:
        """Cuts a video as the engine does by default."""
        wiring = Bootstrap(Settings(data_dir=folder / "data", log_level="error"))
        session = FakeStageContext(folder=folder)
        chunk_s = wiring.settings.encoding.chunk_s
        chunking = wiring.encoder.plan_chunks(source, known.media, known.plan, chunk_s, session)
        assert chunking.chunks, chunking.reason
        for chunk in chunking.chunks:
            piece = folder / f"piece-{chunk.index}.nut"
            wiring.encoder.cut(source, known.media, chunking, chunk, piece, session)
        return cls(wiring, known.media, known.plan, chunking, folder)

    def encode(self, index: int, name: str) -> Path:
        """Encodes a chunk and returns the folder of its files.

        Args:
            index: Which one.
            name: The folder's name, which begins empty.
        """
        made = self.folder / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        chunk, session = self.chunking.chunks[index], FakeStageContext(folder=made)
        piece = self.folder / f"piece-{index}.nut"
        self.wiring.encoder.encode_chunk(piece, self.media, self.plan, self.chunking, chunk, made, session)
        return made

    def encode_twice(self, workers: int) -> None:
        """Encodes the same chunk twice, with so many workers, each of which has a core to itself."""
        pids = []
        for worker in range(workers):
            pid = os.fork()
            if pid == 0:
                self._work(worker, 2 // workers)
            pids.append(pid)
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0] * workers

    def join(self, folders: list[Path]) -> None:
        """Puts what became of the chunks together."""
        for name in (*(f"video-{rung.name}.mp4" for rung in self.plan.rungs), "proxy.mp4"):
            self.wiring.encoder.join((folder / name for folder in folders), self.folder / f"joined-{name}")

    def _work(self, worker: int, times: int) -> None:
        status = 1
        try:
            os.sched_setaffinity(0, {CORES[worker]})
            for _ in range(times):
                self.encode(0, f"worker-{worker}")
            status = 0
        finally:
            os._exit(status)
