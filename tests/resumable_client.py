"""A client of resumable uploads, as somebody would write it for Cloud Storage."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import requests

__all__ = ["send_file"]


def send_file(url: str, path: Path, *, patience_s: float = 30.0) -> dict[str, Any]:
    """Sends a file to an upload session, going on where a broken connection left off, and returns the object."""
    size_bytes = path.stat().st_size
    give_up_at = time.monotonic() + patience_s
    with path.open("rb") as file:
        while True:
            try:
                asked = requests.put(
                    url, headers={"Content-Range": f"bytes */{size_bytes}"}, timeout=10, allow_redirects=False
                )
                if asked.status_code == 308:
                    arrived = re.fullmatch(r"bytes=0-(\d+)", asked.headers.get("Range", ""))
                    start = int(arrived[1]) + 1 if arrived else 0
                    file.seek(start)
                    rest = f"bytes {start}-{size_bytes - 1}/{size_bytes}"
                    asked = requests.put(
                        url, data=file, headers={"Content-Range": rest}, timeout=60, allow_redirects=False
                    )
                if asked.status_code in {200, 201}:
                    made: dict[str, Any] = asked.json()
                    return made
                if asked.status_code not in {308, 429, 500, 502, 503, 504}:
                    raise RuntimeError(f"{asked.status_code}: {asked.text}")
            except (requests.ConnectionError, requests.Timeout):
                if time.monotonic() > give_up_at:
                    raise
            time.sleep(0.05)
