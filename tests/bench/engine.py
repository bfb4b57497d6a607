"""The engine as benches run it: ingest beforehand, then transcode by its own entry point, in an own folder."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Final

import psutil

from functions.ingest import main as ingest
from functions.segment import main as segment
from functions.transcode import main as transcode
from shared.adapters.ffmpeg import FfmpegEncoder
from shared.bootstrap import Bootstrap
from shared.domain.attempt import ToolRun
from shared.domain.encoding import SoundPlan, TranscodePlan
from shared.domain.identity import video_id_of
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Rendition
from shared.domain.wire import Delivery
from shared.testing.videos import delivery_of, upload
from tests.bench.measuring import used_by

__all__ = ["Learned", "learned", "new_folders", "segmented", "transcoded", "warmed"]

_NAME: Final = "bench/clip"
_ROOT: Final = Path(__file__).parents[2]
_LOADED_LATE: Final = ("functions.", "shared.", "onnxruntime", "numpy.")
_PROGRAMS: Final = ("ffmpeg", "ffprobe", "packager")
_WATCHED_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is known of a source once it has been transcoded.

    Attributes:
        media: What ingest found.
        plan: What was made of the pictures.
        sound: What was made of the sound; None for a silent source.
        renditions: The encoded files.
        artifacts: Everything else that was made.
        tools: The programs that ran.
        caveats: What was not as it should be.
        bucket: Folder that the objects are in.
        peak_memory_bytes: Most that the stage itself had in memory.
        largest_tool_bytes: Most that any of its programs had; what their resource usage says is at least what the
            process that started them had.
    """

    media: MediaInfo
    plan: TranscodePlan
    sound: SoundPlan | None
    renditions: tuple[Rendition, ...]
    artifacts: tuple[Artifact, ...]
    tools: tuple[ToolRun, ...]
    caveats: tuple[str, ...]
    bucket: Path
    peak_memory_bytes: int
    largest_tool_bytes: int


def transcoded(source: Path, folder: Path, settings: Mapping[str, str] | None = None) -> Callable[[], object]:
    """Has a source ingested and returns the work of transcoding it.

    Args:
        source: The video.
        folder: An empty or missing folder.
        settings: More environment variables.
    """

    def prepare() -> None:
        _enter(folder, settings)
        wiring = Bootstrap()
        stored = wiring.blobs.put(wiring.settings.upload_bucket, _NAME, source, "application/octet-stream")
        finalized = upload(
            _NAME,
            generation=stored.generation,
            bucket=stored.bucket,
            size_bytes=stored.size_bytes,
            content_type=stored.content_type,
        )
        ingest.endpoint().handle(delivery_of(finalized))

    def work() -> None:
        delivery = _next_delivery(folder, settings)
        transcode.endpoint().handle(delivery)

    used_by(prepare)
    return work


def segmented(beforehand: Path, folder: Path) -> Callable[[], object]:
    """Returns the work of segmenting a video, in a copy of the folder in which learned() transcoded it.

    Args:
        beforehand: That folder.
        folder: A missing folder.
    """
    shutil.copytree(beforehand, folder)
    told = folder / "delivery.pickle"
    used_by(lambda: told.write_bytes(pickle.dumps(_next_delivery(folder))))
    delivery = pickle.loads(told.read_bytes())

    def work() -> None:
        _enter(folder)
        segment.endpoint().handle(delivery)
        assert any(folder.rglob("preview.mp4")), "it failed"

    return work


def warmed(work: Callable[[], object], folder: Path) -> None:
    """Does a piece of work once, for this process to have the modules that it takes, as a worker has.

    Args:
        work: What its process may be asked to do again and again.
        folder: Where to write.
    """
    told = folder / "modules.pickle"

    def watched() -> None:
        work()
        told.write_bytes(pickle.dumps([name for name in sys.modules if name.startswith(_LOADED_LATE)]))

    used_by(watched)
    for module in pickle.loads(told.read_bytes()):
        import_module(module)


def learned(source: Path, folder: Path, settings: Mapping[str, str] | None = None) -> Learned:
    """Transcodes a source and returns what is known then.

    Args:
        source: The video.
        folder: An empty or missing folder.
        settings: More environment variables.
    """
    work, told = transcoded(source, folder, settings), folder / "learned.pickle"

    def watched() -> None:
        plans: list[Any] = []
        _overhear(plans)
        with _tools_watched() as peaks:
            work()
        wiring = Bootstrap()
        video = wiring.repository.get(_video_id(wiring))
        assert video is not None
        assert video.media is not None
        assert video.status == "transcoded", video.failure
        (attempt,) = [one for one in wiring.repository.attempts(video.id) if one.stage == "transcode"]
        (plan,) = dict.fromkeys(one for one in plans if isinstance(one, TranscodePlan))
        found = Learned(
            media=video.media,
            plan=plan,
            sound=next((one for one in plans if isinstance(one, SoundPlan)), None),
            renditions=tuple(wiring.repository.records(video, Rendition)),
            artifacts=tuple(wiring.repository.records(video, Artifact)),
            tools=attempt.tools,
            caveats=tuple(one.detail for one in attempt.caveats),
            bucket=folder / wiring.settings.media_bucket,
            peak_memory_bytes=_peak_bytes(os.getpid()),
            largest_tool_bytes=max(peaks.values()),
        )
        told.write_bytes(pickle.dumps(found))

    warmed(
        watched, folder
    )  # a worker has its modules from its first video on: what follows is not charged for them
    found = pickle.loads(told.read_bytes())
    assert isinstance(found, Learned)
    return found


def new_folders(parent: Path) -> Iterator[Path]:
    """Yields folders that are not there yet, and removes the one before: a long bench needs no large disk."""
    for number in count():
        folder = parent / f"run-{number}"
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def _enter(folder: Path, settings: Mapping[str, str] | None = None) -> None:
    """Has what follows in this process work in a folder."""
    os.environ["PYTHONPATH"] = str(_ROOT)  # for the workers that it starts
    own = {"AUTOMATIONS_DATA_DIR": str(folder), "AUTOMATIONS_LOG_LEVEL": "error"}
    os.environ.update({**own, **(settings or {})})


def _next_delivery(folder: Path, settings: Mapping[str, str] | None = None) -> Delivery:
    """Returns what makes the next stage begin with the video."""
    _enter(folder, settings)
    wiring = Bootstrap()
    video = wiring.repository.get(_video_id(wiring))
    assert video is not None
    assert video.failure is None, video.failure
    event = wiring.lifecycle.redrive(video)
    assert event is not None
    return delivery_of(event)


def _video_id(wiring: Bootstrap) -> str:
    return video_id_of(wiring.settings.upload_bucket, _NAME)


def _overhear(plans: list[Any]) -> None:
    """Has every plan that the encoder is given noted, in this process."""
    for name in ("encode_pictures", "encode_sound", "plan_chunks"):
        encode = getattr(FfmpegEncoder, name)

        def noting(self: Any, *arguments: Any, encode: Callable[..., Any] = encode) -> Any:
            plans.extend(one for one in arguments if isinstance(one, (TranscodePlan, SoundPlan)))
            return encode(self, *arguments)

        setattr(FfmpegEncoder, name, noting)


@contextmanager
def _tools_watched() -> Iterator[dict[int, int]]:
    """Yields the peaks of all programs that this process and its workers start, by their process's number."""
    peaks: dict[int, int] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_WATCHED_EVERY_S):
            for child in psutil.Process().children(recursive=True):
                # Before a program is loaded its process shows the memory of the one that started it.
                with suppress(psutil.Error, FileNotFoundError, ProcessLookupError, IndexError):
                    if child.name().startswith(_PROGRAMS):
                        peaks[child.pid] = max(peaks.get(child.pid, 0), _peak_bytes(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _peak_bytes(pid: int) -> int:
    """Returns the most memory that a process had; what its resource usage says would include its parent's."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
