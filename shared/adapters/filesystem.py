"""Folders as buckets.

An object is a plain file below ``<root>/<bucket>``, so people can copy files in and look at what came out with
the tools they know. There is no sidecar: a file's modification time in nanoseconds is its generation, and the
extension of its name decides its content type.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final

from shared.adapters.folders import locked_folder, make_folder, storage_error, temporary_file
from shared.adapters.object_paths import name_from_parts, parts_of_name
from shared.domain.errors import NotFound, PermanentError, PipelineError, PreconditionFailed
from shared.domain.events import ObjectFinalized
from shared.domain.records import ObjectRef
from shared.ports.blob_store import StoredObject

__all__ = ["FolderBlobStore"]

_CONTENT_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".mpd": "application/dash+xml",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".zip": "application/zip",
}
_UNKNOWN_TYPE: Final = "application/octet-stream"
_CHUNK_BYTES: Final = 2**20
_IN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# Without O_NONBLOCK, opening a FIFO that somebody left in the folder would wait for ever.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class FolderBlobStore:
    """A BlobStore of folders; safe to use from several threads and processes at once.

    Readers never see a part of an object: a put writes a temporary file outside the buckets and renames it. No
    symbolic link inside a bucket is followed. ``put`` stores no content type: what is reported is what the name's
    extension says, ``application/octet-stream`` when that is nothing; a type that contradicts it is a ValueError.
    An object can't lie below another object's name.

    Args:
        root: Folder that the buckets lie in; made when it is first written to. Its buckets must be
            on the same file system.
        on_finalize: Bucket -> what to call after an object in it was stored durably. When the call fails, put()
            fails although the object is there.
    """

    def __init__(self, root: Path, on_finalize: Mapping[str, Callable[[ObjectFinalized], None]]) -> None:
        self._root = root.absolute()
        self._on_finalize = on_finalize
        self._staging = self._root / ".tmp"

    def put(
        self,
        bucket: str,
        name: str,
        source: Path,
        content_type: str,
        *,
        if_generation: int | None = None,
    ) -> ObjectRef:
        parts = parts_of_name(name)
        _expect_type(name, content_type)
        with source.open("rb") as content, _errors(bucket, name), temporary_file(self._staging) as file:
            shutil.copyfileobj(content, file, _CHUNK_BYTES)
            file.flush()
            os.fsync(file.fileno())  # the slow part, before the lock is taken
            ref = self._place(file, bucket, name, parts, if_generation)
        self.announce(ref)
        return ref

    def adopt(self, bucket: str, name: str, file: Path, *, if_generation: int | None = None) -> ObjectRef:
        """Makes an object of a file by renaming it; nothing is copied, and nobody is told: announce() does that.

        Args:
            bucket: Bucket's name.
            name: Object's name.
            file: A file on the buckets' file system, which is on the disk as it is and which nobody writes to.
            if_generation: As for put().
        """
        parts = parts_of_name(name)
        with file.open("rb") as content, _errors(bucket, name):
            return self._place(content, bucket, name, parts, if_generation)

    def announce(self, ref: ObjectRef) -> None:
        """Tells of an object that it is there, where somebody wants to know."""
        if ref.bucket in self._on_finalize:
            self._on_finalize[ref.bucket](
                ObjectFinalized(
                    bucket=ref.bucket,
                    name=ref.name,
                    generation=ref.generation,
                    size_bytes=ref.size_bytes,
                    content_type=ref.content_type,
                )
            )

    @contextmanager
    def writing(self, bucket: str, name: str, content_type: str) -> Iterator[IO[bytes]]:
        parts = parts_of_name(name)
        _expect_type(name, content_type)
        with temporary_file(self._staging) as file:
            yield file
            with _errors(bucket, name):
                file.flush()
                os.fsync(file.fileno())
                self._place(file, bucket, name, parts, None)

    def get(self, bucket: str, name: str, destination: Path, *, generation: int | None = None) -> ObjectRef:
        with self._open(bucket, name) as (file, ref):
            _expect(ref, generation)
            with destination.open("xb") as copy, _errors(bucket, name):
                shutil.copyfileobj(file, copy, _CHUNK_BYTES)
            # A put replaces the file and leaves this one alone; a person may write into it while it is read.
            if _ref(bucket, name, os.fstat(file.fileno())) != ref:
                destination.unlink()
                raise PreconditionFailed(f"{name!r} in {bucket} changed while it was copied")
        return ref

    def stat(self, bucket: str, name: str) -> ObjectRef:
        with self._open(bucket, name) as (_, ref):
            return ref

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self._open(ref.bucket, ref.name) as (file, found):
            _expect(found, ref.generation)
            file.seek(start)
            left = (ref.size_bytes if end is None else min(end, ref.size_bytes)) - start
            while left > 0:
                with _errors(ref.bucket, ref.name):
                    chunk = file.read(min(left, _CHUNK_BYTES))
                if not chunk:
                    raise PreconditionFailed(f"{ref.name!r} in {ref.bucket} was cut short while it was read")
                left -= len(chunk)
                yield chunk

    def list_objects(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        above = parts_of_name(prefix[: prefix.rfind("/") + 1] + "x")[:-1]
        found: dict[str, os.stat_result] = {}
        with suppress(NotFound), _errors(bucket, prefix), self._folder(bucket, above) as top:
            for folder, _, files, folder_fd in os.fwalk(".", dir_fd=top):
                parts = (*above, *PurePosixPath(folder).parts)
                for file in files:
                    # Files come and go during the walk; one that stands for no object is nobody's.
                    with suppress(FileNotFoundError, ValueError):
                        name = name_from_parts((*parts, file))
                        status = os.stat(file, dir_fd=folder_fd, follow_symlinks=False)
                        if name.startswith(prefix) and name > after and stat.S_ISREG(status.st_mode):
                            found[name] = status
        for name in sorted(found):
            updated_at = datetime.fromtimestamp(found[name].st_mtime, UTC)
            yield StoredObject(ref=_ref(bucket, name, found[name]), updated_at=updated_at)

    def delete(self, bucket: str, name: str, *, if_generation: int | None = None) -> None:
        *above, last = parts_of_name(name)
        with suppress(NotFound), _errors(bucket, name), locked_folder(self._staging):
            with self._folder(bucket, above) as folder:
                generation = _generation(folder, last)
                if not generation:
                    return
                if if_generation not in {None, generation}:
                    raise PreconditionFailed(f"{name!r} in {bucket} has generation {generation}")
                os.unlink(last, dir_fd=folder)
                os.fsync(folder)
            self._remove_empty(bucket, above)

    def path_of(self, bucket: str, name: str) -> Path:
        """Returns the file that holds an object. Raises ValueError for what can't be an object's name."""
        return self._bucket(bucket).joinpath(*parts_of_name(name))

    def name_of(self, bucket: str, path: Path) -> str:
        """Returns the name of the object that a file in a bucket's folder holds.

        Raises:
            ValueError: The file is not in the bucket, or its path stands for no object.
        """
        return name_from_parts(path.absolute().relative_to(self._bucket(bucket)).parts)

    def _bucket(self, bucket: str) -> Path:
        if not bucket or bucket.startswith(".") or "/" in bucket or "\0" in bucket:
            raise ValueError(f"{bucket!r} can't be a bucket's name")
        return self._root / bucket

    def _place(
        self, file: BinaryIO, bucket: str, name: str, parts: tuple[str, ...], if_generation: int | None
    ) -> ObjectRef:
        """Renames a finished temporary file to an object, if the object's generation allows it."""
        make_folder(self._bucket(bucket))
        with (
            _name_errors(name),
            locked_folder(self._staging),
            self._folder(bucket, parts[:-1], make=True) as folder,
        ):
            old = _generation(folder, parts[-1])
            if if_generation is not None and if_generation != old:
                raise PreconditionFailed(f"{name!r} in {bucket} has generation {old}, not {if_generation}")
            generation = max(time.time_ns(), old + 1)
            os.utime(file.fileno(), ns=(generation, generation))
            os.fsync(file.fileno())
            os.replace(file.name, parts[-1], dst_dir_fd=folder)
            os.fsync(folder)
            return _ref(bucket, name, os.fstat(file.fileno()))

    def _remove_empty(self, bucket: str, parts: list[str]) -> None:
        """Removes a folder inside a bucket, and those above it, as far as nothing is left in them."""
        while parts:
            *parts, emptied = parts
            with self._folder(bucket, parts) as folder:
                try:
                    os.rmdir(emptied, dir_fd=folder)
                except OSError:
                    return  # it holds something else

    @contextmanager
    def _open(self, bucket: str, name: str) -> Iterator[tuple[BinaryIO, ObjectRef]]:
        *above, last = parts_of_name(name)
        with _errors(bucket, name), self._folder(bucket, above) as folder:
            file = open(last, "rb", opener=lambda path, _: os.open(path, _READ, dir_fd=folder))  # noqa: SIM115
        with file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NotFound(f"There is no object {name!r} in {bucket}.")
            yield file, _ref(bucket, name, status)

    @contextmanager
    def _folder(self, bucket: str, parts: list[str] | tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """Opens a folder inside a bucket, component by component so that no symbolic link can lead elsewhere."""
        descriptor = os.open(self._bucket(bucket), os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=descriptor)
                        os.fsync(descriptor)
                inner = os.open(part, _IN_FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


def _generation(folder: int, file: str) -> int:
    """Returns the generation of an object; 0 when there is none."""
    try:
        status = os.stat(file, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return 0
    return _generation_of(status) if stat.S_ISREG(status.st_mode) else 0


def _generation_of(status: os.stat_result) -> int:
    return max(1, status.st_mtime_ns)  # 0 would mean that there is no such object


def _ref(bucket: str, name: str, status: os.stat_result) -> ObjectRef:
    return ObjectRef(
        bucket=bucket,
        name=name,
        generation=_generation_of(status),
        size_bytes=status.st_size,
        content_type=_content_type(name),
    )


def _content_type(name: str) -> str:
    return _CONTENT_TYPES.get(PurePosixPath(name).suffix.lower(), _UNKNOWN_TYPE)


def _expect_type(name: str, content_type: str) -> None:
    if content_type != _content_type(name) and _UNKNOWN_TYPE not in {content_type, _content_type(name)}:
        raise ValueError(f"{name!r} is no name for {content_type}: its extension says {_content_type(name)}")


def _expect(found: ObjectRef, generation: int | None) -> None:
    if generation not in {None, found.generation}:
        raise PreconditionFailed(
            f"{found.name!r} in {found.bucket} has generation {found.generation}, not {generation}"
        )


@contextmanager
def _name_errors(name: str) -> Iterator[None]:
    """Says what it means that something else is where an object should be stored."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError) as error:
        raise PermanentError(
            "name_taken", f"{name!r} can't be stored: an object lies above or below that name."
        ) from error


@contextmanager
def _errors(bucket: str, name: str) -> Iterator[None]:
    """Says what the operating system's errors mean for an object."""
    try:
        yield
    except PipelineError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}:
            raise NotFound(f"There is no object {name!r} in {bucket}.") from error
        raise storage_error(error, f"The bucket {bucket}") from error
