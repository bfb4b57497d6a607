"""Where a listing goes on, as a text that clients hand back unread."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import TypeVar

__all__ = ["BadCursor", "decode_cursor", "encode_cursor"]

P = TypeVar("P")

_DIGEST_BYTES = 8


def encode_cursor(scope: str, position: str) -> str:
    """Returns a cursor.

    Args:
        scope: What is listed; the cursor is good for nothing else.
        position: Where the listing goes on.
    """
    content = position.encode()
    return base64.urlsafe_b64encode(_digest(scope, content) + content).decode().rstrip("=")


class BadCursor(ValueError):
    """A text that no page of the listing gave out."""


def decode_cursor(scope: str, cursor: str, read: Callable[[str], P]) -> P:
    """Returns the position in a cursor.

    The digest guards against garbled and mixed-up cursors, not against forgery: what a caller may see has to be
    checked by the listing itself.

    Args:
        scope: What is listed.
        cursor: What a client sent.
        read: Makes the position of what encode_cursor() was given. Raises ValueError or OverflowError for a text
            that no listing puts into a cursor.

    Raises:
        BadCursor: It is not a cursor that encode_cursor() made for this scope.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = raw[_DIGEST_BYTES:].decode()
    except (binascii.Error, ValueError) as error:
        raise BadCursor("the cursor is malformed") from error
    if encode_cursor(scope, position) != cursor:
        raise BadCursor("the cursor is damaged or belongs to another listing")
    try:
        return read(position)
    except (ValueError, OverflowError) as error:
        raise BadCursor("the cursor is forged: nothing is at its position") from error


def _digest(scope: str, content: bytes) -> bytes:
    return hashlib.sha256(scope.encode("utf-8", "surrogatepass") + b"\0" + content).digest()[:_DIGEST_BYTES]
