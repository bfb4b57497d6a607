"""Objects are whole, new ones have a greater generation, and what the operating system says is told."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.adapters import filesystem
from shared.adapters.filesystem import FolderBlobStore
from shared.domain.errors import PreconditionFailed, TransientError
from tests.unit.shared.adapters.filesystem.hand_made import by_hand


@pytest.mark.reliability("B21")
def test_the_generation_grows_while_the_clock_goes_back(store: FolderBlobStore, root: Path, file: Path) -> None:
    path = by_hand(root, "clip.mp4")
    ahead_ns = path.stat().st_mtime_ns + 3600 * 10**9
    os.utime(path, ns=(ahead_ns, ahead_ns))

    assert store.put("uploads", "clip.mp4", file, "video/mp4").generation == ahead_ns + 1
    assert FolderBlobStore(root, {}).stat("uploads", "clip.mp4").generation == ahead_ns + 1


def test_a_file_from_before_the_epoch_has_a_generation_too(store: FolderBlobStore, root: Path) -> None:
    os.utime(by_hand(root, "clip.mp4"), ns=(0, 0))

    assert store.stat("uploads", "clip.mp4").generation == 1


def test_a_change_during_a_copy_is_noticed(
    store: FolderBlobStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = by_hand(root, "clip.mp4")
    copy = shutil.copyfileobj

    def copy_and_append(*args: object) -> None:
        copy(*args)  # type: ignore[arg-type]  # whatever it was called with
        with path.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(shutil, "copyfileobj", copy_and_append)
    with pytest.raises(PreconditionFailed):
        store.get("uploads", "clip.mp4", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.reliability("B17")
def test_a_reader_sees_the_old_object_until_the_new_one_is_whole(
    store: FolderBlobStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "_CHUNK_BYTES", 4)
    ref = store.put("media", "a.mp4", file, "video/mp4")
    reading = store.read(ref)
    first = next(reading)
    file.write_bytes(b"replaced")
    store.put("media", "a.mp4", file, "video/mp4")

    assert (first, b"".join(reading)) == (b"0123", b"456789")


def test_an_object_cut_short_is_noticed(store: FolderBlobStore, root: Path, file: Path) -> None:
    ref = store.put("media", "a.mp4", file, "video/mp4")
    os.truncate(root / "media/a.mp4", 4)
    os.utime(root / "media/a.mp4", ns=(ref.generation, ref.generation))

    with pytest.raises(PreconditionFailed, match="cut short"):
        list(store.read(ref))


@pytest.mark.reliability("B4", "B17", "B22")
def test_a_killed_put_leaves_nothing_behind(root: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderBlobStore(root, {})
    if (child := os.fork()) == 0:
        monkeypatch.setattr(os, "replace", lambda *args, **kwargs: os.kill(os.getpid(), 9))
        store.put("media", "a.mp4", file, "video/mp4")
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == 9
    assert len(list((root / ".tmp").iterdir())) == 1
    assert list(store.list_objects("media")) == []
    store.put("media", "b.mp4", file, "video/mp4")
    assert list((root / ".tmp").iterdir()) == []


def test_a_put_in_progress_is_not_taken_for_a_killed_one(
    root: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copyfileobj
    store = FolderBlobStore(root, {})

    def copy_while_another_puts(*args: object) -> None:
        monkeypatch.setattr(shutil, "copyfileobj", copy)
        store.put("media", "other.mp4", file, "video/mp4")
        copy(*args)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(shutil, "copyfileobj", copy_while_another_puts)
    store.put("media", "a.mp4", file, "video/mp4")
    assert [found.ref.name for found in store.list_objects("media")] == ["a.mp4", "other.mp4"]


def test_one_of_many_creators_wins(store: FolderBlobStore, file: Path) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def create() -> None:
        barrier.wait()
        try:
            store.put("media", "deep/er/a.mp4", file, "video/mp4", if_generation=0)
            outcomes.append("won")
        except PreconditionFailed:
            outcomes.append("lost")

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]


def test_deleting_removes_the_folders_it_empties(store: FolderBlobStore, root: Path, file: Path) -> None:
    store.put("media", "videos/v/a/b/c.mp4", file, "video/mp4")
    store.put("media", "videos/w.mp4", file, "video/mp4")
    store.delete("media", "videos/v/a/b/c.mp4")

    assert [path.name for path in (root / "media/videos").iterdir()] == ["w.mp4"]
    store.delete("media", "videos/w.mp4")
    assert list((root / "media").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EIO, "store_unavailable")],
)
@pytest.mark.reliability("B14")
def test_a_failing_disk_is_worth_another_try(
    store: FolderBlobStore, root: Path, file: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    with pytest.raises(TransientError) as caught:
        store.put("media", "a.mp4", file, "video/mp4")

    assert caught.value.code == code
    assert list((root / ".tmp").iterdir()) == []
    assert list(store.list_objects("media")) == []


def test_nothing_is_made_before_something_is_stored(root: Path) -> None:
    FolderBlobStore(root, {})

    assert not root.exists()


def test_an_announcement_that_fails_is_raised_with_the_object_in_place(root: Path, file: Path) -> None:
    def refuse(_: object) -> None:
        raise TransientError("bus_down", "The bus is down.")

    announce: Callable[[object], None] = refuse
    store = FolderBlobStore(root, {"uploads": announce})
    with pytest.raises(TransientError, match="bus_down"):
        store.put("uploads", "a.mp4", file, "video/mp4")
    assert store.stat("uploads", "a.mp4").size_bytes == 10


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows which file a descriptor is")
@pytest.mark.reliability("B17")
def test_content_is_on_the_disk_before_its_name_and_the_name_before_put_returns(
    store: FolderBlobStore, root: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("media", "a/out.mp4", file, "video/mp4")
    steps: list[tuple[str, str]] = []
    fsync, replace, utime = os.fsync, os.replace, os.utime

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        steps.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink().parent.name))

    def noted_utime(*arguments: Any, **values: Any) -> None:
        utime(*arguments, **values)
        steps.append(("utime", ""))

    def noted_replace(*arguments: Any, **values: Any) -> None:
        replace(*arguments, **values)
        steps.append(("replace", ""))

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    monkeypatch.setattr(os, "utime", noted_utime)
    store.put("media", "a/out.mp4", file, "video/mp4")

    assert steps[-4:] == [
        ("utime", ""),  # its generation
        ("fsync", ".tmp"),
        ("replace", ""),
        ("fsync", "media"),  # the folder a in it
    ]
