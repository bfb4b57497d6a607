"""Buckets of objects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from shared.domain.records import ObjectRef

__all__ = ["BlobStore", "StoredObject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object in a listing."""

    ref: ObjectRef
    updated_at: datetime


class BlobStore(Protocol):
    """Stores whole objects under names; a reader sees an old object or a new one, never a part.

    Every method raises NotFound for a missing object, PreconditionFailed when the generation is another one,
    TransientError when the store can't be reached or is full.
    """

    def put(
        self,
        bucket: str,
        name: str,
        source: Path,
        content_type: str,
        *,
        if_generation: int | None = None,
    ) -> ObjectRef:
        """Stores a file as an object, durably, and returns it with its new generation.

        Args:
            bucket: Bucket's name.
            name: Object's name: any text of 1..1,024 UTF-8 bytes; never interpreted as a path outside the bucket.
            source: File to copy.
            content_type: Media type to serve it with.
            if_generation: Only when the object has this generation now; 0 means it must not exist.
        """
        ...

    def writing(self, bucket: str, name: str, content_type: str) -> AbstractContextManager[IO[bytes]]:
        """Opens an object to be written from its beginning to its end, piece by piece, without a file of it.

        It is stored, durably and in place of what was there, once the block is left; an error inside leaves
        everything as it was. What is yielded can't be read, and need not be able to seek.

        Args:
            bucket: Bucket's name.
            name: Object's name.
            content_type: Media type to serve it with.
        """
        ...

    def get(self, bucket: str, name: str, destination: Path, *, generation: int | None = None) -> ObjectRef:
        """Copies an object into a new file."""
        ...

    def stat(self, bucket: str, name: str) -> ObjectRef:
        """Returns what is stored under a name."""
        ...

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yields the bytes ``[start, end)`` of an object in chunks; end None means to the last byte."""
        ...

    def list_objects(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yields complete objects in the order of their names' UTF-8 bytes.

        Args:
            bucket: Bucket's name.
            prefix: Only those whose names start with this.
            after: Only those whose names come after this one.
        """
        ...

    def delete(self, bucket: str, name: str, *, if_generation: int | None = None) -> None:
        """Removes an object; a missing one is no error."""
        ...
