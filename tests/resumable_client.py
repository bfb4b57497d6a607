"""A client of resumable uploads, as somebody would write it for Cloud Storage."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Final

import requests

__all__ = ["send_file"]

_TEMPORARY: Final = {408, 429, 500, 502, 503, 504}


def send_file(url: str, path: Path, *, chunk_bytes: int | None = None, patience_s: float = 30.0) -> dict[str, Any]:
    """Sends a file to an upload session, going on where a broken connection left off, and returns the object.

    Args:
        url: The session's address.
        path: The file.
        chunk_bytes: Bytes to send in one request; None sends all that is missing.
        patience_s: Seconds after which a failure is the last.
    """
    size_bytes, start, unsure = path.stat().st_size, 0, False
    give_up_at = time.monotonic() + patience_s
    with path.open("rb") as file:
        while True:
            try:
                body: Any = b""
                said = f"bytes */{size_bytes}"  # asks how much arrived
                if not unsure:
                    file.seek(start)
                    body = file.read(chunk_bytes) if chunk_bytes else file
                    end = size_bytes if chunk_bytes is None else min(start + chunk_bytes, size_bytes)
                    said = f"bytes {start}-{end - 1}/{size_bytes}"
                headers = {"Content-Range": said}
                answer = requests.put(url, data=body, headers=headers, timeout=60, allow_redirects=False)
                if answer.status_code in {200, 201}:
                    made: dict[str, Any] = answer.json()
                    return made
                if answer.status_code == 308:
                    arrived = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
                    start, unsure = int(arrived[1]) + 1 if arrived else 0, False
                    continue
                if answer.status_code not in _TEMPORARY:
                    raise RuntimeError(f"{answer.status_code}: {answer.text}")
            except (requests.ConnectionError, requests.Timeout):
                if time.monotonic() > give_up_at:
                    raise
            unsure = True
            time.sleep(0.05)
