"""What every ObjectLinks' upload sessions do, whoever serves them: one client for all."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from urllib.parse import urljoin

import google_crc32c
import pytest
import requests

from shared.domain.errors import NotFound, PreconditionFailed
from tests.contract.test_object_links import Linked, enforced, linked
from tests.resumable_client import send_file

__all__ = ["linked"]

NAME = "ann/0/clip.mp4"
PART_BYTES = 256 * 1024
CONTENT = random.Random(1).randbytes(5 * PART_BYTES + 1000)
CRC32C = base64.b64encode(google_crc32c.Checksum(CONTENT).digest()).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def begin(linked: Linked, *, crc32c: str | None = None, if_generation: int = 0, size: int = len(CONTENT)) -> str:
    page = "https://example.com"
    url = linked.links.upload_session(
        "media", NAME, size, "video/mp4", page, crc32c=crc32c, if_generation=if_generation
    )
    return urljoin(linked.url, url)


def stored(linked: Linked) -> bytes:
    return b"".join(linked.blobs.read(linked.blobs.stat("media", NAME)))


def send(url: str, content: bytes, said: str) -> requests.Response:
    headers = {"Content-Range": f"bytes {said}"}
    return requests.put(url, data=content, headers=headers, timeout=10, allow_redirects=False)


@pytest.mark.parametrize("chunk_bytes", [None, 2 * PART_BYTES])
def test_a_file_is_sent_without_credentials(linked: Linked, file: Path, chunk_bytes: int | None) -> None:
    made = send_file(begin(linked, crc32c=CRC32C), file, chunk_bytes=chunk_bytes)

    assert stored(linked) == CONTENT
    assert (made["name"], made["size"], made["crc32c"]) == (NAME, str(len(CONTENT)), CRC32C)
    assert int(made["generation"]) == linked.blobs.stat("media", NAME).generation


@enforced
def test_what_arrived_is_told_and_the_rest_is_sent(linked: Linked, file: Path) -> None:
    url = begin(linked, crc32c=CRC32C)
    assert send(url, CONTENT[:PART_BYTES], f"0-{PART_BYTES - 1}/{len(CONTENT)}").status_code == 308
    asked = send(url, b"", f"*/{len(CONTENT)}")

    assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{PART_BYTES - 1}")
    assert (
        send(url, CONTENT[2 * PART_BYTES :], f"{2 * PART_BYTES}-{len(CONTENT) - 1}/{len(CONTENT)}").status_code
        == 503
    )
    send_file(url, file)
    assert stored(linked) == CONTENT
    assert send(url, b"", f"*/{len(CONTENT)}").status_code == 200


@enforced
def test_other_bytes_than_announced_make_no_object(linked: Linked) -> None:
    said = f"0-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert send(begin(linked, crc32c=CRC32C), bytes(len(CONTENT)), said).status_code == 400
    assert send(begin(linked), CONTENT[:-1], f"0-{len(CONTENT) - 2}/{len(CONTENT) - 1}").status_code == 400

    with pytest.raises(NotFound):
        stored(linked)


@enforced
@pytest.mark.reliability("B11")
def test_only_the_generation_that_was_seen_is_replaced(linked: Linked, file: Path) -> None:
    first, second = begin(linked), begin(linked)
    made = send_file(first, file)
    with pytest.raises(RuntimeError, match="412"):
        send_file(second, file)
    with pytest.raises(PreconditionFailed):
        begin(linked)

    replacing = begin(linked, if_generation=int(made["generation"]))
    assert int(send_file(replacing, file)["generation"]) > int(made["generation"])


@enforced
def test_a_session_that_was_ended_takes_nothing(linked: Linked) -> None:
    url = begin(linked)
    linked.links.end_session(
        url.removeprefix(linked.url) if url.startswith(f"{linked.url}/storage/upload/") else url
    )

    assert send(url, CONTENT, f"0-{len(CONTENT) - 1}/{len(CONTENT)}").status_code in {404, 410, 499}
    linked.links.end_session(url)
