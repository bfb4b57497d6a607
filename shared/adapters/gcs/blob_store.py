"""Buckets of Google Cloud Storage.

Every request that writes, removes or reads bytes names the generation it is about, so the client library may
repeat it when an answer got lost: nothing happens twice, and no range of one generation follows one of another.
There are no temporary objects: an upload is no object before it is complete, and Cloud Storage itself forgets the
sessions of abandoned ones after a week.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

import google_crc32c
from google.cloud.storage import Blob, Client
from google.cloud.storage.fileio import BlobWriter

from shared.adapters.folders import storage_error
from shared.adapters.gcs.errors import bucket_missing, damaged, translated
from shared.adapters.gcs.objects import RETRY, TIMEOUT_S, blob_of, encoded, ref_of
from shared.adapters.gcs.resumable import ResumableUpload
from shared.domain.errors import NotFound, PipelineError, PreconditionFailed, TransientError
from shared.domain.records import ObjectRef
from shared.ports.blob_store import StoredObject

__all__ = ["GcsBlobStore"]

_SINGLE_REQUEST_MAX_BYTES: Final = 8 * 2**20
"""Larger files are sent so that they can be resumed."""

_COPIED_BYTES: Final = 64 * 2**20
"""Asked for at once when an object is copied to a file. The time for repeating a request starts with each."""

_CHUNK_BYTES: Final = 4 * 2**20
"""Held in memory when an object is read."""

_WRITTEN_BYTES: Final = 8 * 2**20
"""Held in memory, and sent at once, when an object is written piece by piece."""

_OVERTAKEN_MAX: Final = 8
_PUT_ID: Final = "put-id"
_LISTED: Final = "items(bucket,name,generation,size,contentType,timeCreated),nextPageToken"


class GcsBlobStore:
    """A BlobStore on Cloud Storage; safe to use from several threads, but not across a fork.

    Buckets must exist. Names that Cloud Storage can't keep raise ValueError: ``.``, ``..``, those with line breaks
    and those that are no UTF-8.

    Args:
        project: The project's id.
        retry_s: Seconds that a request is repeated while Cloud Storage can't be reached, or is overloaded.

    Raises:
        ConfigurationError: There are no credentials.
    """

    def __init__(self, project: str, *, retry_s: float = 60.0) -> None:
        with translated(project):
            self._client = Client(project)
        self._retry = RETRY.with_timeout(retry_s)

    def put(
        self,
        bucket: str,
        name: str,
        source: Path,
        content_type: str,
        *,
        if_generation: int | None = None,
    ) -> ObjectRef:
        # Without a condition the last writer wins, but by compare-and-set all the same: a request that is repeated
        # blindly would replace what somebody stored in between, and announce the object twice. Most names are new.
        expected = if_generation or 0
        with source.open("rb") as file:
            content = _Content(file, content_type)
            for _ in range(_OVERTAKEN_MAX):
                try:
                    return self._upload(bucket, name, content, expected)
                except PreconditionFailed:
                    found = self._find(bucket, name)
                    # What made the repeated request fail may be the first one, whose answer got lost.
                    if found is not None and (found.metadata or {}).get(_PUT_ID) == content.put_id:
                        return ref_of(found)
                    if if_generation is not None:
                        raise
                    expected = found.generation if found is not None else 0
        raise TransientError("store_contended", f"{name!r} in {bucket} is being replaced all the time.")

    @contextmanager
    def writing(self, bucket: str, name: str, content_type: str) -> Iterator[IO[bytes]]:
        # Conditional, so that what is repeated after a lost answer replaces nothing but what was there before.
        found = self._find(bucket, name)
        writer = _Writer(
            blob_of(self._client, bucket, name),
            chunk_size=_WRITTEN_BYTES,
            ignore_flush=True,
            retry=self._retry,
            content_type=content_type,
            if_generation_match=0 if found is None else found.generation,
            timeout=TIMEOUT_S,
        )
        try:
            yield cast("IO[bytes]", writer)
            with translated(bucket, name):
                writer.close()
        except BaseException:
            writer.abandon()
            raise

    def get(self, bucket: str, name: str, destination: Path, *, generation: int | None = None) -> ObjectRef:
        found = self._stat(bucket, name)
        ref = ref_of(found)
        if generation not in {None, ref.generation}:
            raise PreconditionFailed(f"{name!r} in {bucket} has generation {ref.generation}, not {generation}")
        with _whole_file(destination) as file:
            copy = _Checksummed(file)
            for start in range(0, ref.size_bytes, _COPIED_BYTES):
                self._copy(ref, copy, start, min(start + _COPIED_BYTES, ref.size_bytes))
            if encoded(copy.checksum) != found.crc32c:
                raise damaged(bucket, name)
        return ref

    def stat(self, bucket: str, name: str) -> ObjectRef:
        return ref_of(self._stat(bucket, name))

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = ref.size_bytes if end is None else min(end, ref.size_bytes)
        checksum = google_crc32c.Checksum()
        for at in range(start, stop, _CHUNK_BYTES):
            blob = blob_of(self._client, ref.bucket, ref.name)
            upto = min(at + _CHUNK_BYTES, stop)
            with translated(ref.bucket, ref.name):
                chunk = blob.download_as_bytes(
                    start=at,
                    end=upto - 1,
                    raw_download=True,
                    if_generation_match=ref.generation,
                    checksum=None,  # what Cloud Storage tells is the whole object's
                    timeout=TIMEOUT_S,
                    retry=self._retry,
                )
            checksum.update(chunk)
            whole = start == 0 and upto == ref.size_bytes
            if len(chunk) != upto - at or (whole and blob.crc32c not in {None, encoded(checksum)}):
                raise damaged(ref.bucket, ref.name)
            yield chunk

    def list_objects(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        with suppress(NotFound), translated(bucket, prefix):
            for blob in self._client.list_blobs(
                bucket,
                prefix=prefix,
                start_offset=after or None,
                fields=_LISTED,
                timeout=TIMEOUT_S,
                retry=self._retry,
            ):
                if blob.name != after:
                    yield StoredObject(ref=ref_of(blob), updated_at=blob.time_created)

    def delete(self, bucket: str, name: str, *, if_generation: int | None = None) -> None:
        with suppress(NotFound):
            expected = self.stat(bucket, name).generation if if_generation is None else if_generation
            try:
                with translated(bucket, name):
                    blob_of(self._client, bucket, name).delete(
                        if_generation_match=expected, timeout=TIMEOUT_S, retry=self._retry
                    )
            except PreconditionFailed:
                # Without a condition, what was there is gone either way: it was replaced meanwhile.
                if if_generation is not None:
                    raise

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def _find(self, bucket: str, name: str) -> Blob | None:
        try:
            return self._stat(bucket, name)
        except NotFound:
            return None

    def _stat(self, bucket: str, name: str) -> Blob:
        blob = blob_of(self._client, bucket, name)
        with translated(bucket, name):
            blob.reload(timeout=TIMEOUT_S, retry=self._retry)
        return blob

    def _copy(self, ref: ObjectRef, copy: _Checksummed, start: int, end: int) -> None:
        blob = blob_of(self._client, ref.bucket, ref.name)
        try:
            with translated(ref.bucket, ref.name):
                blob.download_to_file(
                    copy,
                    start=start,
                    end=end - 1,
                    raw_download=True,
                    if_generation_match=ref.generation,
                    checksum=None,  # the library checks nothing once a download was interrupted
                    timeout=TIMEOUT_S,
                    retry=self._retry,
                )
        except OSError as error:
            raise storage_error(error, "The folder for downloads") from error

    def _upload(self, bucket: str, name: str, content: _Content, expected: int) -> ObjectRef:
        blob = blob_of(self._client, bucket, name)
        blob.metadata = {_PUT_ID: content.put_id}
        blob.content_type = content.content_type
        blob.crc32c = content.crc32c  # Cloud Storage makes no object of anything else
        content.file.seek(0)
        try:
            with translated(bucket, name):
                generation, crc32c = self._send(blob, content, expected)
        except NotFound as error:
            raise bucket_missing(bucket) from error
        if crc32c != content.crc32c:
            raise damaged(bucket, name)
        return ObjectRef(
            bucket=bucket,
            name=name,
            generation=generation,
            size_bytes=content.size_bytes,
            content_type=content.content_type,
        )

    def _send(self, blob: Blob, content: _Content, expected: int) -> tuple[int, str]:
        """Uploads content in place of a generation, 0 being none; returns the new one and its checksum."""
        if content.size_bytes <= _SINGLE_REQUEST_MAX_BYTES:
            blob.upload_from_file(
                content.file,
                size=content.size_bytes,
                if_generation_match=expected,
                checksum=None,  # it is in the object's properties
                timeout=TIMEOUT_S,
                retry=self._retry,
            )
            return blob.generation, blob.crc32c
        url = blob.create_resumable_upload_session(
            size=content.size_bytes,
            if_generation_match=expected,
            checksum=None,
            timeout=TIMEOUT_S,
            retry=self._retry,
        )
        resource = ResumableUpload(url, content.file, content.size_bytes, self._retry).run()
        return int(resource["generation"]), resource["crc32c"]


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """Opens a new file for writing, and removes it unless all that was to be written was."""
    with path.open("xb") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


class _Content:
    """A file to be stored, and how Cloud Storage is to know it again."""

    def __init__(self, file: BinaryIO, content_type: str) -> None:
        checksum = google_crc32c.Checksum()
        while piece := file.read(_CHUNK_BYTES):
            checksum.update(piece)
        self.file = file
        self.size_bytes = file.tell()
        self.crc32c = encoded(checksum)
        self.content_type = content_type
        self.put_id = uuid.uuid4().hex


class _Writer(BlobWriter):  # type: ignore[misc]  # the library has no types
    """What an object is written through; its errors are ours."""

    def __init__(self, blob: Blob, **options: Any) -> None:
        super().__init__(blob, **options)
        self._names = blob.bucket.name, blob.name

    def write(self, piece: Any) -> int:
        with translated(*self._names):
            return cast("int", super().write(piece))

    def abandon(self) -> None:
        """Ends the upload without an object. The library's terminate() asks an address that ends nothing."""
        self._buffer.close()  # or else the destructor would make an object of what there is
        if self._upload_and_transport:
            upload, transport = self._upload_and_transport
            with suppress(PipelineError), translated(*self._names):  # it ends by itself after a week
                transport.delete(upload.resumable_url, timeout=TIMEOUT_S)


class _Checksummed:
    """A file that is written to, and the checksum of what was."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.checksum = google_crc32c.Checksum()

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self.checksum.update(piece)
