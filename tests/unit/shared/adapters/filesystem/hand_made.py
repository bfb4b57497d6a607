"""Files that somebody copied into a bucket without the store."""

from __future__ import annotations

import os
from pathlib import Path


def by_hand(root: Path, name: str | bytes, content: bytes = b"by hand") -> Path:
    path = root / "uploads" / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
