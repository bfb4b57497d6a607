"""What Cloud Storage keeps, and the rules by which it changes."""

from __future__ import annotations

import base64
import re
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import google_crc32c

__all__ = ["GcsObjects", "Refused", "Session", "StoredBlob"]

_PART_BYTES: Final = 256 * 1024
"""Unfinished uploads are kept in multiples of this."""


class Refused(Exception):
    """A request is answered with an error.

    Args:
        status: HTTP status.
        message: Why.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """The live generation of an object: its resource as the API shows it, and its bytes."""

    resource: Mapping[str, Any]
    content: bytes


@dataclass(slots=True, kw_only=True)
class Session:
    """A resumable upload.

    Attributes:
        bucket: Bucket of the object to be.
        metadata: What the client said of the object.
        query: Parameters of the request that started it.
        size_bytes: How much is to come; None when the client did not say.
        id: Names it in its address.
        content: What arrived.
        resource: The object, once it is complete.
    """

    bucket: str
    metadata: Mapping[str, Any]
    query: Mapping[str, str]
    size_bytes: int | None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    content: bytearray = field(default_factory=bytearray)
    resource: Mapping[str, Any] | None = None

    def take(self, start: int, block: bytes) -> None:
        """Adds bytes that begin at an offset; those that are there already are ignored."""
        if block and start > len(self.content):
            raise Refused(503, "bytes in between are missing")
        if self.resource is None:
            self.content += block[len(self.content) - start :]


class GcsObjects:
    """Buckets and unfinished uploads; safe to use from several threads.

    Args:
        url: Where they are served, for their media links.

    Attributes:
        made: Names of all objects that were ever made, in order; twice, if twice.
    """

    def __init__(self, url: str) -> None:
        self.made: list[str] = []
        self._url = url
        self._lock = threading.RLock()
        self._buckets: dict[str, dict[str, StoredBlob]] = {}
        self._sessions: dict[str, Session] = {}
        self._last_generation = 0

    def create_bucket(self, bucket: str) -> None:
        """Makes a bucket."""
        with self._lock:
            if bucket in self._buckets:
                raise Refused(409, "the bucket exists")
            self._buckets[bucket] = {}

    def find(self, bucket: str, name: str, query: Mapping[str, str]) -> StoredBlob:
        """Returns the object a request is about, if it is the generation the request wants."""
        with self._lock:
            stored = self._bucket(bucket).get(name)
            if (
                stored is None
                or query.get("generation", stored.resource["generation"]) != (stored.resource["generation"])
            ):
                raise Refused(404, f"No such object: {bucket}/{name}")
            self._check(bucket, name, query)
            return stored

    def listed(self, bucket: str, prefix: str, start: str, after: str) -> list[StoredBlob]:
        """Returns objects in the order of their names' bytes, from a name on and from the one after another on."""
        with self._lock:
            names = sorted(self._bucket(bucket), key=str.encode)
            return [
                self._buckets[bucket][name]
                for name in names
                if name.startswith(prefix) and name.encode() >= start.encode() and name.encode() > after.encode()
            ]

    def delete(self, bucket: str, name: str, query: Mapping[str, str]) -> None:
        """Removes an object."""
        with self._lock:
            self.find(bucket, name, query)
            del self._buckets[bucket][name]

    def store(
        self, bucket: str, metadata: Mapping[str, Any], content: bytes, query: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """Makes an object and returns its resource."""
        name = _checked(metadata["name"])
        crc32c = base64.b64encode(google_crc32c.Checksum(content).digest()).decode()
        with self._lock:
            self._check(bucket, name, query)
            if metadata.get("crc32c", crc32c) != crc32c:
                raise Refused(400, f"the content's crc32c is {crc32c}")
            self._last_generation = max(time.time_ns() // 1000, self._last_generation + 1)
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            resource = {
                "kind": "storage#object",
                "bucket": bucket,
                "name": name,
                "generation": str(self._last_generation),
                "metageneration": "1",
                "contentType": metadata["contentType"],
                "metadata": metadata.get("metadata", {}),
                "size": str(len(content)),
                "crc32c": crc32c,
                "timeCreated": now,
                "updated": now,
                "mediaLink": f"{self._url}/download/storage/v1/b/{bucket}/o/"
                f"{quote(name, safe='')}?generation={self._last_generation}&alt=media",
            }
            self._buckets[bucket][name] = StoredBlob(resource, content)
            self.made.append(name)
            return resource

    def start(
        self, bucket: str, metadata: Mapping[str, Any], query: Mapping[str, str], size_bytes: int | None
    ) -> Session:
        """Starts a resumable upload."""
        with self._lock:
            self._check(bucket, _checked(metadata["name"]), query)
            session = Session(bucket=bucket, metadata=metadata, query=query, size_bytes=size_bytes)
            self._sessions[session.id] = session
            return session

    def session(self, session_id: str) -> Session:
        """Returns a resumable upload."""
        with self._lock:
            if session_id not in self._sessions:
                raise Refused(404, "there is no such upload")
            return self._sessions[session_id]

    def cancel(self, session_id: str) -> None:
        """Ends a resumable upload."""
        with self._lock:
            self._sessions.pop(session_id, None)

    def advance(self, session: Session, total_bytes: int | None) -> None:
        """Makes an object of a resumable upload that is complete; of another, keeps whole parts."""
        with self._lock:
            if total_bytes is not None and session.size_bytes not in {None, total_bytes}:
                raise Refused(400, "another size was announced")
            if session.resource is None and len(session.content) == total_bytes:
                session.resource = self.store(
                    session.bucket, session.metadata, bytes(session.content), session.query
                )
            elif session.resource is None:
                del session.content[len(session.content) // _PART_BYTES * _PART_BYTES :]

    def _bucket(self, bucket: str) -> dict[str, StoredBlob]:
        if bucket not in self._buckets:
            raise Refused(404, "The specified bucket does not exist.")
        return self._buckets[bucket]

    def _check(self, bucket: str, name: str, query: Mapping[str, str]) -> None:
        """Compares an object's generation, 0 if there is none, with the one a request requires."""
        stored = self._bucket(bucket).get(name)
        found = stored.resource["generation"] if stored else "0"
        if query.get("ifGenerationMatch", found) != found:
            raise Refused(412, f"the generation is {found}")


def _checked(name: str) -> str:
    if name in {".", ".."} or re.search("[\r\n]", name) or not 1 <= len(name.encode()) <= 1024:
        raise Refused(400, f"no object can be named {name!r}")
    return name
