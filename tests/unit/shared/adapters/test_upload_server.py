"""Resumable uploads to folders, asked for as a client of Cloud Storage would."""

from __future__ import annotations

import base64
import errno
import io
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import pytest
from pytest_mock import MockerFixture
from werkzeug.test import Client, TestResponse

from shared.adapters.filesystem import FolderBlobStore
from shared.adapters.upload_server import UploadServer
from shared.adapters.upload_sessions import UploadSessions
from shared.domain.errors import NotFound, PreconditionFailed, TransientError
from shared.domain.events import ObjectFinalized
from shared.domain.reservations import SESSION_LIFE
from shared.testing.clock import ManualClock

NAME = "ann/0/clip.mp4"
CONTENT = random.Random(1).randbytes(300_000)
SIZE = len(CONTENT)


def crc32c_of(content: bytes) -> str:
    return base64.b64encode(google_crc32c.Checksum(content).digest()).decode()


class Machine:
    """One machine that receives uploads, which may be restarted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.told: list[ObjectFinalized] = []
        self.blobs = FolderBlobStore(folder, {"uploads": self.told.append})
        self.restart()

    def restart(self) -> None:
        self.sessions = UploadSessions(self.folder / "sessions", self.blobs, self.clock)
        self.client = Client(UploadServer(self.sessions))

    def begin(self, *, crc32c: str | None = None, if_generation: int = 0, size: int = SIZE) -> str:
        return "/" + self.sessions.begin("uploads", NAME, size, crc32c=crc32c, if_generation=if_generation)

    def send(self, url: str, start: int, end: int, *, total: str | int = SIZE, **more: Any) -> TestResponse:
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{total}"}
        return self.client.put(url, data=more.pop("data", CONTENT[start:end]), headers=headers, **more)

    def ask(self, url: str, total: str | int = SIZE) -> TestResponse:
        return self.client.put(url, headers={"Content-Range": f"bytes */{total}"})

    def stored(self) -> bytes:
        return b"".join(self.blobs.read(self.blobs.stat("uploads", NAME)))

    def left(self) -> list[str]:
        return sorted(path.suffix for path in (self.folder / "sessions").iterdir())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "data")


def arrived(response: TestResponse) -> int:
    """Returns how many bytes a session has, as its answer says."""
    assert response.status_code == 308, (response.status_code, response.text)
    said = response.headers.get("Range", "bytes=0--1")
    assert said.startswith("bytes=0-")
    return int(said.removeprefix("bytes=0-")) + 1


def test_one_request_may_bring_all(machine: Machine) -> None:
    response = machine.client.put(machine.begin(), data=CONTENT)

    assert response.status_code == 200
    ref = machine.blobs.stat("uploads", NAME)
    assert response.json == {
        "kind": "storage#object",
        "id": f"uploads/{NAME}/{ref.generation}",
        "bucket": "uploads",
        "name": NAME,
        "generation": str(ref.generation),
        "metageneration": "1",
        "contentType": "video/mp4",
        "size": str(SIZE),
        "crc32c": crc32c_of(CONTENT),
    }
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert machine.stored() == CONTENT
    assert [(told.name, told.generation, told.size_bytes) for told in machine.told] == [
        (NAME, ref.generation, SIZE)
    ]


def test_parts_of_any_size_come_one_after_the_other(machine: Machine) -> None:
    url = machine.begin(crc32c=crc32c_of(CONTENT))
    assert arrived(machine.ask(url)) == 0
    assert arrived(machine.send(url, 0, 1)) == 1
    assert arrived(machine.send(url, 1, 100_001)) == 100_001
    assert arrived(machine.send(url, 100_001, 262_144, total="*")) == 262_144
    assert arrived(machine.ask(url, "*")) == 262_144
    with pytest.raises(NotFound):
        machine.stored()

    assert machine.send(url, 262_144, SIZE).status_code == 200
    assert machine.stored() == CONTENT
    assert machine.left() == [".json"]


def test_a_body_of_unknown_length_is_taken_too(machine: Machine) -> None:
    url = machine.begin()
    response = machine.client.put(
        url,
        input_stream=io.BytesIO(CONTENT),
        headers={"Content-Range": f"bytes 0-{SIZE - 1}/{SIZE}", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert response.status_code == 200


def test_bytes_that_come_twice_count_once(machine: Machine) -> None:
    url = machine.begin(crc32c=crc32c_of(CONTENT))
    machine.send(url, 0, 200_000)
    assert arrived(machine.send(url, 100_000, 250_000)) == 250_000
    assert arrived(machine.send(url, 0, 10)) == 250_000

    assert machine.send(url, 0, SIZE).status_code == 200
    assert machine.stored() == CONTENT


def test_a_gap_is_refused_and_costs_nothing(machine: Machine) -> None:
    url = machine.begin()
    machine.send(url, 0, 1000)

    assert machine.send(url, 2000, 3000).status_code == 503
    assert arrived(machine.ask(url)) == 1000


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ("bytes 0-9/10", b"x" * 10),
        (f"bytes */{SIZE + 1}", b""),
        (f"bytes 0-{SIZE}/{SIZE}", CONTENT + b"x"),
        (f"bytes 0-{SIZE}/*", CONTENT + b"x"),
        (f"bytes 10-5/{SIZE}", b""),
        (f"bytes 0-9/{SIZE}", b"x" * 11),
        ("bytes 0-9", b"x" * 10),
        (f"bits 0-9/{SIZE}", b"x" * 10),
        (f"bytes ٣-9/{SIZE}", b"x" * 7),
        (f"bytes 0-{'9' * 30}/{SIZE}", b"x" * 7),
    ],
)
def test_ranges_that_can_not_be_are_refused(machine: Machine, said: str, body: bytes) -> None:
    url = machine.begin()
    overrides = {"HTTP_CONTENT_RANGE": said}

    assert machine.client.put(url, data=body, environ_overrides=overrides).status_code == 400
    assert arrived(machine.ask(url)) == 0


def test_too_much_at_once_is_refused(machine: Machine) -> None:
    assert machine.client.put(machine.begin(), data=CONTENT + b"x").status_code == 400


def test_other_bytes_than_announced_make_no_object_and_may_be_sent_again(machine: Machine) -> None:
    url = machine.begin(crc32c=crc32c_of(CONTENT))
    response = machine.send(url, 0, SIZE, data=b"x" * SIZE)

    assert (response.status_code, machine.told) == (400, [])
    assert arrived(machine.ask(url)) == 0
    assert machine.send(url, 0, SIZE).status_code == 200
    assert machine.stored() == CONTENT


class Broken(io.RawIOBase):
    """A connection that breaks after some bytes."""

    def __init__(self, content: bytes, how: Callable[[], int]) -> None:
        super().__init__()
        self._content = io.BytesIO(content)
        self._how = how

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer) or self._how()


def reset() -> int:
    raise ConnectionResetError


@pytest.mark.parametrize("how", [reset, lambda: 0], ids=["reset", "closed"])
def test_what_came_before_a_connection_broke_is_kept(machine: Machine, how: Callable[[], int]) -> None:
    url = machine.begin()
    said = {"HTTP_CONTENT_RANGE": f"bytes 0-{SIZE - 1}/{SIZE}", "CONTENT_LENGTH": str(SIZE)}
    body = Broken(CONTENT[:123_456], how)
    machine.client.put(url, environ_overrides={**said, "wsgi.input": body})

    assert arrived(machine.ask(url)) == 123_456


@pytest.mark.reliability("B22", "B24")
def test_what_was_told_to_have_arrived_is_there_after_a_restart(machine: Machine) -> None:
    url = machine.begin(crc32c=crc32c_of(CONTENT))
    machine.send(url, 0, 100_000)
    (bytes_file,) = (machine.folder / "sessions").glob("*.bytes")
    with bytes_file.open("ab") as file:
        file.write(b"\0" * 1000)  # a power cut may leave what nobody was told of
    machine.restart()

    assert arrived(machine.ask(url)) == 100_000
    assert machine.send(url, 100_000, SIZE).status_code == 200
    assert machine.stored() == CONTENT


@pytest.mark.reliability("B4", "B6")
def test_a_host_that_died_while_the_object_was_made_tells_of_it_later(
    machine: Machine, mocker: MockerFixture
) -> None:
    url = machine.begin()
    mocker.patch.object(machine.blobs, "announce", side_effect=TransientError("disk_full", "Full."))
    assert machine.send(url, 0, SIZE).status_code == 507
    mocker.stopall()
    machine.restart()

    first: Any = machine.ask(url)
    second: Any = machine.send(url, 0, SIZE)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert [told.generation for told in machine.told] == [int(first.json["generation"])]
    assert machine.stored() == CONTENT


@pytest.mark.reliability("B9")
def test_the_last_answer_may_be_asked_for_again(machine: Machine) -> None:
    url = machine.begin()
    made = machine.send(url, 0, SIZE)
    machine.restart()

    assert machine.ask(url).json == made.json
    assert machine.send(url, 0, SIZE).json == made.json
    assert len(machine.told) == 1


@pytest.mark.reliability("B14")
@pytest.mark.parametrize("step", ["pwrite", "fsync"])
def test_a_full_disk_loses_nothing_that_was_told_to_have_arrived(
    machine: Machine, mocker: MockerFixture, step: str
) -> None:
    url = machine.begin(crc32c=crc32c_of(CONTENT))
    machine.send(url, 0, 1000)
    mocker.patch(f"os.{step}", side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert machine.send(url, 1000, SIZE).status_code == 507
    mocker.stopall()

    assert arrived(machine.ask(url)) == 1000
    assert machine.send(url, 1000, SIZE).status_code == 200
    assert machine.stored() == CONTENT


@pytest.mark.reliability("B11")
def test_only_the_generation_that_was_seen_is_replaced(machine: Machine) -> None:
    machine.send(machine.begin(), 0, SIZE)
    first = machine.blobs.stat("uploads", NAME).generation
    with pytest.raises(PreconditionFailed):
        machine.begin()
    urls = [machine.begin(if_generation=first) for _ in range(2)]

    assert [machine.send(url, 0, SIZE).status_code for url in urls] == [200, 412]
    assert machine.blobs.stat("uploads", NAME).generation > first


def test_giving_up_removes_what_arrived(machine: Machine) -> None:
    url = machine.begin()
    machine.send(url, 0, 1000)

    assert machine.client.delete(url).status_code == 499
    assert machine.left() == []
    assert [machine.ask(url).status_code, machine.client.delete(url).status_code] == [404, 404]


def test_a_session_expires(machine: Machine) -> None:
    url, other = machine.begin(), machine.begin(size=5)
    machine.send(url, 0, 1000)
    machine.clock.advance(SESSION_LIFE.total_seconds())
    assert machine.ask(url).status_code == 410
    young = machine.begin()
    machine.restart()
    machine.sessions.end_expired()

    assert [machine.ask(each, 5).status_code for each in (url, other)] == [404, 404]
    assert machine.left() == [".bytes", ".json"]
    assert arrived(machine.ask(young)) == 0


@pytest.mark.reliability("A35")
@pytest.mark.parametrize("path", ["/", "/0", f"/{'0' * 64}", f"/../{'0' * 61}", f"/{'0' * 63}é", "/a/b"])
def test_nobody_finds_a_session(machine: Machine, path: str) -> None:
    machine.begin()

    assert machine.ask(path).status_code == 404


def test_sessions_are_only_sent_to(machine: Machine) -> None:
    response = machine.client.get(machine.begin())

    assert (response.status_code, response.headers["Allow"]) == (405, "DELETE, PUT")


class Slow:
    """A body whose end is waited for."""

    def __init__(self, content: bytes) -> None:
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self._blocks: Iterator[bytes] = iter((content[:1000], content[1000:]))

    def read(self, _most_bytes: int) -> bytes:
        block = next(self._blocks, b"")
        if self.begun.is_set():
            self.goes_on.wait(10)
        self.begun.set()
        return block


@pytest.mark.reliability("B10")
def test_a_connection_that_only_seems_alive_loses_its_turn(machine: Machine) -> None:
    """Whoever asks how much arrived will go on from there: nothing may be added behind their back."""
    url = machine.begin(crc32c=crc32c_of(CONTENT))
    slow, refused = Slow(b"x" * SIZE), []

    def send() -> None:
        try:
            machine.sessions.receive(url[1:], 0, slow.read, to_the_end=True)
        except TransientError as error:
            refused.append(error.code)

    stuck = threading.Thread(target=send)
    machine.send(url, 0, 500)
    stuck.start()
    slow.begun.wait(10)
    while (have := arrived(machine.ask(url))) < 500:
        pass
    slow.goes_on.set()
    stuck.join()

    assert refused == ["sent_elsewhere"]
    assert arrived(machine.ask(url)) == have
