"""How long a WAV file says it is: FFmpeg takes what is there for all of it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_cut_short"]

_UNKNOWN = 0xFFFFFFFF  # written by whoever could not go back to the beginning, and in 64 bit files
_SHORT_SHARE = 0.01


def is_cut_short(path: Path) -> bool:
    """Returns whether a WAV file lacks more than a hundredth of what its header declares."""
    with path.open("rb") as file:
        head = file.read(28)
    declared = int.from_bytes(head[4:8], "little")
    if head.startswith(b"RF64") and head[12:16] == b"ds64":
        declared = int.from_bytes(head[20:28], "little")
    return declared != _UNKNOWN and path.stat().st_size < (8 + declared) * (1 - _SHORT_SHARE)
