"""Notices files that people copy into the upload folder, once they are completely written."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time_ns

from watchfiles import watch

from shared.bootstrap import Bootstrap
from shared.domain.errors import NotFound, PipelineError
from shared.domain.uploads import is_upload
from shared.logs import logger
from shared.runtime.uploads import announce_upload, seen_generation

__all__ = ["UploadWatcher"]

LOOK_EVERY_S = 0.25
GROUP_CHANGES_S = 0.1
POLL_EVERY_MS = 1000


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What a file looked like, and since when it does."""

    inode: int
    size_bytes: int
    mtime_ns: int
    since_s: float

    def same_file(self, status: os.stat_result) -> bool:
        return (self.inode, self.size_bytes, self.mtime_ns) == (status.st_ino, status.st_size, status.st_mtime_ns)


class UploadWatcher:
    """Announces every upload that nobody has heard of: those found at the start, and those that appear.

    A file is complete when its size and time have not changed for a while and, where the system tells, nobody
    has it open for writing. A wrong guess is harmless: a file that changes later is a newer generation.

    Args:
        wiring: The deployment's parts.
        announced: Called after a file was announced.
        settle_s: Seconds that a file must stay the same.
    """

    def __init__(self, wiring: Bootstrap, announced: Callable[[], None], *, settle_s: float = 1.0) -> None:
        self._wiring = wiring
        self._announced = announced
        self._settle_s = settle_s
        self._bucket = wiring.settings.upload_bucket
        self._folder = wiring.settings.data_dir.absolute() / self._bucket
        self._unsettled: dict[Path, _Sighting] = {}
        self._stop = threading.Event()

    def run(self) -> None:
        """Watches until stop() is called."""
        self._folder.mkdir(parents=True, exist_ok=True)
        polling = False
        while not self._stop.is_set():
            try:
                self._watch(polling=polling)
            except RuntimeError as error:
                # Raised by watchfiles for names that are no UTF-8, which it can't tell. Looking around again finds
                # such a file, and polling does not come upon it each time somebody opens it, as we do ourselves.
                logger().warning("watch_polls_now", reason=str(error))
                polling = True
                self._stop.wait(LOOK_EVERY_S)

    def _watch(self, *, polling: bool) -> None:
        looked_around = False
        for changes in watch(
            self._folder,
            watch_filter=None,
            debounce=round(GROUP_CHANGES_S * 1000),
            rust_timeout=round(LOOK_EVERY_S * 1000),
            yield_on_timeout=True,
            force_polling=polling,
            poll_delay_ms=POLL_EVERY_MS,
            stop_event=self._stop,
        ):
            if not looked_around:
                # Only now: what appears between looking around and watching would be missed.
                self._notice(self._folder)
                looked_around = True
            for _, path in changes:
                self._notice(Path(path))
            self._announce_settled()

    def stop(self) -> None:
        """Has run() return soon."""
        self._stop.set()

    def _notice(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            # A folder that was moved here is one change, whatever it holds.
            for folder, _, files in os.walk(path):
                for file in files:
                    self._sight(Path(folder, file))
        else:
            self._sight(path)

    def _sight(self, path: Path) -> None:
        try:
            status = path.lstat()
        except OSError:  # It is gone, something above it is a file now, or is closed to us.
            self._unsettled.pop(path, None)
            return
        seen = self._unsettled.get(path)
        if is_upload(path.name) and not (seen and seen.same_file(status)):
            self._unsettled[path] = _Sighting(status.st_ino, status.st_size, status.st_mtime_ns, monotonic())

    def _announce_settled(self) -> None:
        for path, seen in list(self._unsettled.items()):
            self._sight(path)
            unchanged = self._unsettled.get(path) is seen
            if not unchanged or monotonic() - seen.since_s < self._settle_s or _is_being_written(path):
                continue
            del self._unsettled[path]
            try:
                self._announce(path)
            except (PipelineError, OSError) as error:
                # The store or the bus can't take it now, or the file is not ours to touch: look at it again after
                # another settling time.
                logger().error("announce_failed", path=str(path), error=str(error))
                self._sight(path)

    def _announce(self, path: Path) -> None:
        wiring = self._wiring
        try:
            name = wiring.local_blobs.name_of(self._bucket, path)
            upload = wiring.blobs.stat(self._bucket, name)
        except ValueError as error:
            logger().warning("not_an_object", path=str(path), reason=str(error))
            return
        except NotFound:
            return
        if not is_upload(name):  # The path was one, but it spells another name.
            return
        seen = seen_generation(wiring.repository, self._bucket, name)
        if upload.generation == seen:
            return
        if upload.generation < seen:
            # An older file was put in the place of a newer one with its time kept (cp -p, mv). Generations must
            # grow, and here they are times.
            now_ns = max(time_ns(), seen + 1)
            os.utime(path, ns=(now_ns, now_ns), follow_symlinks=False)
            upload = wiring.blobs.stat(self._bucket, name)
        logger().info("upload_announced", object=name, generation=upload.generation)
        announce_upload(wiring, upload)
        self._announced()


def _is_being_written(path: Path) -> bool:
    """Tells whether a process has the file open for writing, as far as this system and our rights let us see."""
    if sys.platform != "linux":
        return False
    wanted = path.resolve()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if descriptor.readlink() == wanted and _opened_for_writing(descriptor):
                return True
        except OSError:
            continue  # The process ended, or is not ours to look into.
    return False


def _opened_for_writing(descriptor: Path) -> bool:
    info = (descriptor.parent.parent / "fdinfo" / descriptor.name).read_text()
    flags = int(info.partition("flags:")[2].split()[0], 8)
    return flags & os.O_ACCMODE != os.O_RDONLY
