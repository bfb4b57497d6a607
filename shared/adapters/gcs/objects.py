"""Objects as the client library has them."""

from __future__ import annotations

import base64
import re
from typing import Final

import google_crc32c
from google.cloud.storage import Blob, Client
from google.cloud.storage.retry import DEFAULT_RETRY

from shared.domain.records import ObjectRef

__all__ = ["RETRY", "TIMEOUT_S", "blob_of", "encoded", "ref_of"]

TIMEOUT_S: Final = (10.0, 60.0)
"""How long to wait for a connection, and for the next bytes of an answer."""

RETRY: Final = DEFAULT_RETRY.with_delay(initial=0.25, maximum=16.0, multiplier=2.0)
"""Repeats what may be repeated, with jitter. All requests here may: they name the generation they are about."""

_NAME_MAX_BYTES: Final = 1024
_IMPOSSIBLE: Final = re.compile("[\r\n\ud800-\udfff]")


def blob_of(client: Client, bucket: str, name: str) -> Blob:
    """Returns a handle for one request about an object.

    A handle is not to be used twice: it remembers the generation that one answer told and would ask the next time
    for that one, which Cloud Storage calls missing when it was replaced, instead of changed.

    Raises:
        ValueError: Cloud Storage has no such names: they are 1 to 1,024 bytes of UTF-8 without line breaks, and
            neither ``.`` nor ``..``, which would be taken for a step in the request's path (deleting ``..`` would
            delete the bucket).
    """
    if name in {".", ".."} or _IMPOSSIBLE.search(name):
        raise ValueError(f"{name!r} can't be an object's name on Cloud Storage")
    if not 1 <= len(name.encode()) <= _NAME_MAX_BYTES:
        raise ValueError("an object's name must be 1 to 1,024 bytes long")
    return client.bucket(bucket).blob(name)


def ref_of(blob: Blob) -> ObjectRef:
    """Returns what an answer said about an object."""
    return ObjectRef(
        bucket=blob.bucket.name,
        name=blob.name,
        generation=blob.generation,
        size_bytes=blob.size,
        content_type=blob.content_type or "application/octet-stream",
    )


def encoded(checksum: google_crc32c.Checksum) -> str:
    """Returns a checksum as Cloud Storage writes it."""
    return base64.b64encode(checksum.digest()).decode()
