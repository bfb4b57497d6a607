"""The watcher in a real folder; only the bus is a fake."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.watcher import UploadWatcher
from shared.bootstrap import Bootstrap
from shared.domain.events import ObjectFinalized
from shared.settings import Settings
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.logs import captured_logs

SETTLE_S = 0.2
QUIET_S = 3 * SETTLE_S
"""When nothing was announced for this long, nothing will be."""

Watch = Callable[[], None]


@pytest.fixture
def wiring(tmp_path: Path) -> Bootstrap:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data"))
    vars(wiring)["bus"] = InMemoryEventBus(wiring.flow)
    (tmp_path / "data/uploads/ann").mkdir(parents=True)
    return wiring


@pytest.fixture
def folder(wiring: Bootstrap) -> Path:
    return wiring.settings.data_dir / "uploads" / "ann"


@pytest.fixture
def announced(wiring: Bootstrap) -> Iterator[queue.SimpleQueue[ObjectFinalized]]:
    """A queue of what a running watcher announces."""
    uploads: queue.SimpleQueue[ObjectFinalized] = queue.SimpleQueue()

    def note() -> None:
        message = wiring.bus.published[-1].message  # type: ignore[attr-defined]  # the fake's list
        uploads.put(message)

    watcher = UploadWatcher(wiring, note, settle_s=SETTLE_S)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    yield uploads
    watcher.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()


def _register(wiring: Bootstrap, upload: ObjectFinalized) -> None:
    from shared.domain.identity import video_id_of

    video_id = video_id_of(upload.bucket, upload.name)
    wiring.repository.update(video_id, wiring.lifecycle.register(upload, wiring.clock.now()))


def _nothing(announced: queue.SimpleQueue[ObjectFinalized]) -> bool:
    try:
        announced.get(timeout=QUIET_S)
    except queue.Empty:
        return True
    return False


def test_announces_a_file_that_appears(folder: Path, announced: queue.SimpleQueue[ObjectFinalized]) -> None:
    (folder / "clip.mp4").write_bytes(b"content")
    upload = announced.get(timeout=10)
    assert (upload.bucket, upload.name, upload.size_bytes) == ("uploads", "ann/clip.mp4", 7)
    assert upload.generation == (folder / "clip.mp4").stat().st_mtime_ns
    assert _nothing(announced), "once is enough"


@pytest.mark.reliability("B4")
def test_announces_what_lay_there_before_the_start(folder: Path, request: pytest.FixtureRequest) -> None:
    (folder / "deep").mkdir()
    (folder / "deep/clip.mp4").write_bytes(b"content")
    announced: queue.SimpleQueue[ObjectFinalized] = request.getfixturevalue("announced")
    assert announced.get(timeout=10).name == "ann/deep/clip.mp4"


def test_does_not_announce_what_is_registered(
    wiring: Bootstrap, folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"content")
    wiring.blobs.put("uploads", "ann/clip.mp4", tmp_path / "clip.mp4", "video/mp4")
    _register(wiring, wiring.bus.published[0].message)  # type: ignore[attr-defined]  # the fake's list
    assert _nothing(request.getfixturevalue("announced"))


def test_waits_until_nobody_writes_any_more(folder: Path, announced: queue.SimpleQueue[ObjectFinalized]) -> None:
    with (folder / "clip.mp4").open("wb") as file:
        file.write(b"first half")
        file.flush()
        assert _nothing(announced), "it is still open for writing"
        file.write(b", second half")
    assert announced.get(timeout=10).size_bytes == len("first half, second half")


def test_a_name_that_says_unfinished_is_left_alone_until_it_is_renamed(
    folder: Path, announced: queue.SimpleQueue[ObjectFinalized]
) -> None:
    (folder / "clip.mp4.part").write_bytes(b"content")
    (folder / ".clip.mp4.x7Gq").write_bytes(b"content")
    assert _nothing(announced)
    (folder / "clip.mp4.part").rename(folder / "clip.mp4")
    assert announced.get(timeout=10).name == "ann/clip.mp4"


def test_announces_all_files_of_a_folder_that_is_moved_in(
    folder: Path, tmp_path: Path, announced: queue.SimpleQueue[ObjectFinalized]
) -> None:
    (tmp_path / "trip/day").mkdir(parents=True)
    for name in ("trip/a.mp4", "trip/day/b.mp4"):
        (tmp_path / name).write_bytes(b"content")
    (tmp_path / "trip").rename(folder / "trip")
    names = {announced.get(timeout=10).name for _ in range(2)}
    assert names == {"ann/trip/a.mp4", "ann/trip/day/b.mp4"}


@pytest.mark.reliability("B11")
def test_an_older_file_in_the_place_of_a_newer_one_is_a_newer_generation(
    wiring: Bootstrap, folder: Path, tmp_path: Path, announced: queue.SimpleQueue[ObjectFinalized]
) -> None:
    (folder / "clip.mp4").write_bytes(b"new")
    first = announced.get(timeout=10)
    _register(wiring, first)
    older = tmp_path / "older.mp4"
    older.write_bytes(b"older content")
    os.utime(older, (1_000_000_000, 1_000_000_000))

    shutil.copy2(older, folder / "clip.mp4")

    second = announced.get(timeout=10)
    assert second.generation > first.generation
    assert second.size_bytes == len("older content")
    assert wiring.blobs.stat("uploads", "ann/clip.mp4").generation == second.generation


@pytest.mark.reliability("A7", "A8", "A9", "A10")
@pytest.mark.parametrize(
    "name",
    [
        "caf\udce9.mp4",
        "-version",
        "a:b.mp4",
        "concat:a|b",
        "img%03d.mp4",
        "two\nlines.mp4",
        "\u202egnp.mp4",
        "🎬.mp4",
    ],
)
def test_odd_names_are_names(folder: Path, announced: queue.SimpleQueue[ObjectFinalized], name: str) -> None:
    (folder / name).write_bytes(b"content")
    assert announced.get(timeout=10).name == f"ann/{name}"


def test_a_folder_whose_name_is_no_utf8_keeps_nobody_from_being_heard(
    folder: Path, announced: queue.SimpleQueue[ObjectFinalized]
) -> None:
    odd = folder / "caf\udce9"
    odd.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (odd / name).write_bytes(b"content")
        (folder / name).write_bytes(b"content")
        names = {announced.get(timeout=10).name for _ in range(2)}
        assert names == {f"ann/{name}", f"ann/caf\udce9/{name}"}
    with captured_logs() as logs:
        assert _nothing(announced)
    assert logs == [], "it came to rest"


def test_a_path_that_spells_a_name_that_is_no_upload(
    folder: Path, announced: queue.SimpleQueue[ObjectFinalized]
) -> None:
    (folder / "%=%2E").write_bytes(b"an object named ann/.")
    assert _nothing(announced)


def test_links_and_folders_are_no_uploads(
    folder: Path, tmp_path: Path, announced: queue.SimpleQueue[ObjectFinalized]
) -> None:
    (tmp_path / "secret").write_bytes(b"not for uploading")
    (folder / "clip.mp4").symlink_to(tmp_path / "secret")
    (folder / "empty.mp4").mkdir()
    assert _nothing(announced)


def test_goes_on_when_a_folder_becomes_a_file_and_a_file_is_closed_to_us(
    folder: Path, announced: queue.SimpleQueue[ObjectFinalized], monkeypatch: pytest.MonkeyPatch
) -> None:
    lstat = Path.lstat

    def refusing(path: Path) -> os.stat_result:
        if path.name == "closed.mp4":
            raise PermissionError(13, "Permission denied")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", refusing)
    (folder / "closed.mp4").write_bytes(b"content")
    (folder / "trip").mkdir()
    (folder / "trip" / "a.mp4").write_bytes(b"content")
    shutil.rmtree(folder / "trip")
    (folder / "trip").write_bytes(b"content")
    assert announced.get(timeout=10).name == "ann/trip"


def test_a_file_of_somebody_else_does_not_stop_the_rest(
    wiring: Bootstrap,
    folder: Path,
    announced: queue.SimpleQueue[ObjectFinalized],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    (folder / "clip.mp4").write_bytes(b"new")
    _register(wiring, announced.get(timeout=10))
    monkeypatch.setattr(os, "utime", refuse)
    (folder / "older").write_bytes(b"older")
    (folder / "older").replace(folder / "clip.mp4")
    subprocess.run(["touch", "-d", "2001-01-01", str(folder / "clip.mp4")], check=True)
    (folder / "other.mp4").write_bytes(b"content")
    assert announced.get(timeout=10).name == "ann/other.mp4"
