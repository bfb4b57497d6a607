"""Where a listing goes on, as a text that clients hand back unread."""

from __future__ import annotations

import base64
import binascii
import hashlib

__all__ = ["decode_cursor", "encode_cursor"]

_DIGEST_BYTES = 8


def encode_cursor(scope: str, position: str) -> str:
    """Returns a cursor.

    Args:
        scope: What is listed; the cursor is good for nothing else.
        position: Where the listing goes on.
    """
    content = position.encode()
    return base64.urlsafe_b64encode(_digest(scope, content) + content).decode().rstrip("=")


def decode_cursor(scope: str, cursor: str) -> str:
    """Returns the position in a cursor.

    The digest guards against garbled and mixed-up cursors, not against forgery: what a caller may see has to be
    checked by the listing itself.

    Raises:
        ValueError: It is not a cursor that encode_cursor() made for this scope.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = raw[_DIGEST_BYTES:].decode()
    except (binascii.Error, ValueError) as error:
        raise ValueError("the cursor is malformed") from error
    if encode_cursor(scope, position) != cursor:
        raise ValueError("the cursor is damaged or belongs to another listing")
    return position


def _digest(scope: str, content: bytes) -> bytes:
    return hashlib.sha256(scope.encode("utf-8", "surrogatepass") + b"\0" + content).digest()[:_DIGEST_BYTES]
