"""What tells copies of a file from other files, without reading gigabytes for it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

__all__ = ["fingerprint"]

_PART_BYTES: Final = 1 << 20
_PARTS: Final = 5


def fingerprint(path: Path) -> str:
    """Returns a digest of a file's size and of a mebibyte at its beginning, its end and three places between.

    Encoders never write the same bytes twice there for different pictures; all of a short file is read.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    last = max(size - _PART_BYTES, 0)
    with path.open("rb") as file:
        for place in sorted({last * part // (_PARTS - 1) for part in range(_PARTS)}):
            file.seek(place)
            digest.update(file.read(_PART_BYTES))
    return digest.hexdigest()
