"""Files of the matrix, made by the bundled FFmpeg."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from shared.adapters.binaries import bundled
from tests.media.matrix_row import Row

__all__ = ["make"]


def make(row: Row, folder: Path) -> Path:
    """Returns a row's file in a folder that several processes may share."""
    path = folder / row.name
    if not path.exists():
        part = path.with_name(f"{os.getpid()}-{row.name}")
        _ffmpeg(*row.arguments(), part, piped=row.piped)
        if row.again:
            whole, part = part, path.with_name(f"{os.getpid()}-again-{row.name}")
            _ffmpeg(*row.again, "-i", str(whole), "-map", "0", "-c", "copy", part)
            whole.unlink()
        part.rename(path)
    return path


def _ffmpeg(*arguments: str | Path, piped: bool = False) -> None:
    *options, path = arguments
    command = [str(bundled("ffmpeg")), "-loglevel", "error", "-y", *map(str, options)]
    command.append("pipe:1" if piped else f"file:{path}")
    run = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert b"Error" not in run.stderr, "FFmpeg ends with 0 where a filter fails"
    if piped:
        Path(path).write_bytes(run.stdout)
