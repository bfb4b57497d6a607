"""Buckets without a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import IO

from shared.domain.errors import NotFound, PreconditionFailed
from shared.domain.events import ObjectFinalized
from shared.domain.records import ObjectRef
from shared.ports.blob_store import StoredObject

__all__ = ["InMemoryBlobStore"]

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Stored:
    ref: ObjectRef
    content: bytes


class InMemoryBlobStore:
    """A BlobStore of byte strings, as strict about names and generations as the real ones.

    Args:
        on_finalize: Bucket -> what to call after an object in it was stored.
    """

    def __init__(self, on_finalize: Mapping[str, Callable[[ObjectFinalized], None]] | None = None) -> None:
        self._on_finalize = on_finalize or {}
        self._objects: dict[tuple[str, str], _Stored] = {}
        self._last_generation = 0

    def put(
        self,
        bucket: str,
        name: str,
        source: Path,
        content_type: str,
        *,
        if_generation: int | None = None,
    ) -> ObjectRef:
        return self._store(bucket, name, source.read_bytes(), content_type, if_generation)

    @contextmanager
    def writing(self, bucket: str, name: str, content_type: str) -> Iterator[IO[bytes]]:
        content = BytesIO()
        yield content
        self._store(bucket, name, content.getvalue(), content_type, None)

    def _store(
        self, bucket: str, name: str, content: bytes, content_type: str, if_generation: int | None
    ) -> ObjectRef:
        if not 1 <= len(name.encode("utf-8", "surrogateescape")) <= 1024:
            raise ValueError("an object's name must be 1 to 1,024 bytes long")
        current = self._objects.get((bucket, name))
        found = current.ref.generation if current else 0
        if if_generation is not None and if_generation != found:
            raise PreconditionFailed(f"{name!r} in {bucket} has generation {found}, not {if_generation}")
        self._last_generation += 1
        ref = ObjectRef(
            bucket=bucket,
            name=name,
            generation=self._last_generation,
            size_bytes=len(content),
            content_type=content_type,
        )
        self._objects[bucket, name] = _Stored(ref, content)
        if bucket in self._on_finalize:
            self._on_finalize[bucket](
                ObjectFinalized(
                    bucket=bucket,
                    name=name,
                    generation=ref.generation,
                    size_bytes=ref.size_bytes,
                    content_type=content_type,
                )
            )
        return ref

    def get(self, bucket: str, name: str, destination: Path, *, generation: int | None = None) -> ObjectRef:
        stored = self._stored(bucket, name, generation)
        with destination.open("xb") as copy:
            copy.write(stored.content)
        return stored.ref

    def stat(self, bucket: str, name: str) -> ObjectRef:
        return self._stored(bucket, name, None).ref

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        content = self._stored(ref.bucket, ref.name, ref.generation).content[start:end]
        if content:
            yield content

    def list_objects(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        for key in sorted(self._objects):
            if key[0] == bucket and key[1].startswith(prefix) and key[1] > after:
                ref = self._objects[key].ref
                yield StoredObject(ref=ref, updated_at=_EPOCH + timedelta(seconds=ref.generation))

    def delete(self, bucket: str, name: str, *, if_generation: int | None = None) -> None:
        if (bucket, name) in self._objects:
            self._stored(bucket, name, if_generation)
            del self._objects[bucket, name]

    def _stored(self, bucket: str, name: str, generation: int | None) -> _Stored:
        stored = self._objects.get((bucket, name))
        if stored is None:
            raise NotFound(f"There is no object {name!r} in {bucket}.")
        if generation not in {None, stored.ref.generation}:
            raise PreconditionFailed(
                f"{name!r} in {bucket} has generation {stored.ref.generation}, not {generation}"
            )
        return stored
