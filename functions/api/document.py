"""The OpenAPI document as it is committed beside this file; a test compares it with the operations."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["DOCUMENT_FILE", "committed_document"]

DOCUMENT_FILE: Final = Path(__file__).with_name("openapi.json")


@cache
def committed_document() -> bytes:
    """Returns it."""
    return DOCUMENT_FILE.read_bytes()
