"""What is particular to Cloud Storage: lost answers, broken transfers, damaged bytes, overload, missing rights."""

from __future__ import annotations

import errno
import random
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.adapters.gcs import GcsBlobStore, blob_store
from shared.domain.errors import ConfigurationError, NotFound, PreconditionFailed, TransientError
from shared.testing.gcs_objects import GcsObjects
from shared.testing.strict_gcs import Fault, Operation, StrictGcs

SMALL_BYTES = 100_000
LARGE_BYTES = 9 * 2**20  # sent so that it can be resumed
MB = 2**20

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # see the fixture gcs

EVERY_CALL: dict[Operation, Callable[[GcsBlobStore, Path, Path], object]] = {
    "upload": lambda store, file, _: store.put("media", "b", file, "video/mp4"),
    "metadata": lambda store, *_: store.stat("media", "a"),
    "media": lambda store, _, folder: store.get("media", "a", folder / "copy"),
    "list": lambda store, *_: list(store.list_objects("media")),
    "delete": lambda store, *_: store.delete("media", "a"),
}


@pytest.fixture
def store(gcs: StrictGcs) -> Iterator[GcsBlobStore]:
    with closing(GcsBlobStore("demo")) as store:
        yield store


@pytest.fixture
def hasty(gcs: StrictGcs) -> Iterator[GcsBlobStore]:
    """A store that soon gives up."""
    with closing(GcsBlobStore("demo", retry_s=0.5)) as store:
        yield store


def file_of(folder: Path, size_bytes: int) -> Path:
    path = folder / f"source-{size_bytes}"
    path.write_bytes(random.Random(size_bytes).randbytes(size_bytes))
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return file_of(tmp_path, SMALL_BYTES)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    return file_of(tmp_path, LARGE_BYTES)


def stored(gcs: StrictGcs, name: str) -> bytes:
    return gcs.objects.find("media", name, {}).content


@pytest.mark.reliability("B11")
def test_whatever_writes_removes_or_reads_bytes_names_a_generation(
    gcs: StrictGcs, store: GcsBlobStore, small: Path, large: Path, tmp_path: Path
) -> None:
    for file in (small, large):
        store.put("media", "a", file, "video/mp4")
        ref = store.put("media", "a", file, "video/mp4")
        store.put("media", "b", file, "video/mp4", if_generation=0)
        list(store.read(ref, 3, 100))
        store.get("media", "a", tmp_path / "copy")
        store.delete("media", "a")
        store.delete("media", "b")
        (tmp_path / "copy").unlink()

    careless = [
        request
        for request in gcs.requests
        if request.operation in {"upload", "session", "media", "delete"}
        and "ifGenerationMatch" not in request.query
    ]
    assert careless == []
    assert {request.operation for request in gcs.requests} == {
        *("upload", "session", "chunk", "media", "delete", "metadata")
    }


@pytest.mark.reliability("B18")
@pytest.mark.parametrize(("operation", "size_bytes"), [("upload", SMALL_BYTES), ("chunk", LARGE_BYTES)])
@pytest.mark.parametrize("if_generation", [None, 0])
def test_an_upload_whose_answer_got_lost_is_not_done_twice(
    gcs: StrictGcs,
    store: GcsBlobStore,
    tmp_path: Path,
    operation: Operation,
    size_bytes: int,
    if_generation: int | None,
) -> None:
    file = file_of(tmp_path, size_bytes)
    gcs.inject(operation, Fault(lost=True))
    ref = store.put("media", "a", file, "video/mp4", if_generation=if_generation)

    assert gcs.objects.made == ["a"]
    assert store.stat("media", "a") == ref
    assert stored(gcs, "a") == file.read_bytes()


@pytest.mark.reliability("B18")
def test_a_replacement_whose_answer_got_lost_is_not_done_twice(
    gcs: StrictGcs, store: GcsBlobStore, small: Path
) -> None:
    first = store.put("media", "a", small, "video/mp4")
    gcs.inject("upload", Fault(lost=True))
    second = store.put("media", "a", small, "video/mp4", if_generation=first.generation)

    assert gcs.objects.made == ["a", "a"]
    assert store.stat("media", "a") == second


def test_another_writers_object_is_not_taken_for_ones_own(store: GcsBlobStore, small: Path) -> None:
    theirs = store.put("media", "a", small, "video/mp4")

    with pytest.raises(PreconditionFailed):
        store.put("media", "a", small, "video/mp4", if_generation=0)
    assert store.stat("media", "a") == theirs


def test_an_object_that_is_replaced_all_the_time_is_given_up(
    gcs: StrictGcs, store: GcsBlobStore, small: Path
) -> None:
    gcs.inject("upload", *[Fault(status=412)] * 100)

    with pytest.raises(TransientError, match="store_contended"):
        store.put("media", "a", small, "video/mp4")


@pytest.mark.reliability("B18")
def test_an_interrupted_upload_goes_on_where_it_broke_off(
    gcs: StrictGcs, store: GcsBlobStore, large: Path
) -> None:
    gcs.inject("chunk", Fault(cut_after=3 * MB), Fault(kept_bytes=2 * MB), Fault(status=503), Fault(status=429))
    gcs.inject("status", Fault(), Fault(status=503), Fault(lost=True))
    ref = store.put("media", "a", large, "video/mp4")

    assert stored(gcs, "a") == large.read_bytes()
    assert gcs.objects.made == ["a"]
    assert (ref.size_bytes, ref.content_type) == (LARGE_BYTES, "video/mp4")
    assert [request.operation for request in gcs.requests].count("session") == 1
    last = LARGE_BYTES - 1
    assert [request.range for request in gcs.requests if request.operation == "chunk"] == [
        f"bytes {start * MB}-{last}/{LARGE_BYTES}" for start in (0, 3, 5, 5, 5)
    ]


@pytest.mark.reliability("B17", "B18")
def test_an_upload_that_makes_no_progress_is_given_up(gcs: StrictGcs, hasty: GcsBlobStore, large: Path) -> None:
    gcs.inject("chunk", *[Fault(kept_bytes=0)] * 100)

    with pytest.raises(TransientError, match="store_unavailable"):
        hasty.put("media", "a", large, "video/mp4")
    with pytest.raises(NotFound):
        hasty.stat("media", "a")


@pytest.mark.parametrize("status", [400, 503])
def test_the_address_of_an_upload_which_is_its_password_is_told_to_nobody(
    gcs: StrictGcs, hasty: GcsBlobStore, large: Path, status: int
) -> None:
    gcs.inject("chunk", *[Fault(status=status)] * 100)
    gcs.inject("status", *[Fault(status=status)] * 100)

    with pytest.raises(TransientError) as caught:
        hasty.put("media", "a", large, "video/mp4")
    assert "upload_id" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("kind", [requests.ConnectionError, requests.Timeout])
def test_nor_by_a_connection_that_fails(
    gcs: StrictGcs, hasty: GcsBlobStore, large: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(_session: requests.Session, url: str, **_: Any) -> None:
        raise kind(f"Max retries exceeded with url: {url}")

    monkeypatch.setattr(requests.Session, "put", fail)
    with pytest.raises(TransientError) as caught:
        hasty.put("media", "a", large, "video/mp4")
    assert "upload_id" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.reliability("B17")
def test_an_upload_that_was_forgotten_leaves_nothing(gcs: StrictGcs, store: GcsBlobStore, large: Path) -> None:
    gcs.inject("chunk", Fault(status=410))

    with pytest.raises(TransientError, match="upload_expired"):
        store.put("media", "a", large, "video/mp4")
    assert gcs.objects.made == []


@pytest.mark.parametrize("overtaken", ["chunk", "status"])
def test_an_upload_that_is_overtaken_fails_its_condition(
    gcs: StrictGcs,
    store: GcsBlobStore,
    small: Path,
    large: Path,
    monkeypatch: pytest.MonkeyPatch,
    overtaken: Operation,
) -> None:
    start = GcsObjects.start

    def start_late(objects: GcsObjects, *arguments: Any) -> object:
        session = start(objects, *arguments)
        monkeypatch.undo()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
        store.put("media", "a", small, "video/mp4")
        return session

    monkeypatch.setattr(GcsObjects, "start", start_late)
    if overtaken == "status":
        gcs.inject("chunk", Fault(cut_after=MB))
    with pytest.raises(PreconditionFailed):
        store.put("media", "a", large, "video/mp4", if_generation=0)
    assert stored(gcs, "a") == small.read_bytes()


@pytest.mark.reliability("B17")
@pytest.mark.parametrize(("operation", "size_bytes"), [("upload", SMALL_BYTES), ("chunk", LARGE_BYTES)])
def test_an_upload_that_was_damaged_makes_no_object(
    gcs: StrictGcs, store: GcsBlobStore, tmp_path: Path, operation: Operation, size_bytes: int
) -> None:
    gcs.inject(operation, Fault(damaged=True))

    with pytest.raises(TransientError, match="store_refused"):
        store.put("media", "a", file_of(tmp_path, size_bytes), "video/mp4")
    assert gcs.objects.made == []


def test_damage_that_the_server_did_not_notice_is_noticed(
    store: GcsBlobStore, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = GcsObjects.store

    def make_damaged(
        objects: GcsObjects, bucket: str, metadata: dict[str, Any], content: bytes, query: Any
    ) -> Any:
        metadata.pop("crc32c")
        return make(objects, bucket, metadata, content[:-1], query)

    monkeypatch.setattr(GcsObjects, "store", make_damaged)
    with pytest.raises(TransientError, match="transfer_damaged"):
        store.put("media", "a", small, "video/mp4")


@pytest.mark.reliability("B18")
def test_a_download_that_is_cut_goes_on(gcs: StrictGcs, store: GcsBlobStore, small: Path, tmp_path: Path) -> None:
    ref = store.put("media", "a", small, "video/mp4")
    gcs.inject("media", Fault(cut_after=60_000), Fault(cut_after=60_000), Fault(status=503))
    assert store.get("media", "a", tmp_path / "copy") == ref
    assert (tmp_path / "copy").read_bytes() == small.read_bytes()

    gcs.inject("media", Fault(cut_after=60_000), Fault(lost=True))
    assert b"".join(store.read(ref, 100, 99_900)) == small.read_bytes()[100:99_900]


@pytest.mark.reliability("B17")
@pytest.mark.parametrize("faults", [[Fault(damaged=True)], [Fault(damaged=True, cut_after=60_000)]])
def test_a_download_that_was_damaged_is_refused(
    gcs: StrictGcs, store: GcsBlobStore, small: Path, tmp_path: Path, faults: list[Fault]
) -> None:
    ref = store.put("media", "a", small, "video/mp4")

    gcs.inject("media", *faults)
    with pytest.raises(TransientError, match="transfer_damaged"):
        store.get("media", "a", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    gcs.inject("media", *faults)
    with pytest.raises(TransientError, match="transfer_damaged"):
        next(store.read(ref))


@pytest.mark.reliability("B11")
def test_an_object_that_changes_while_it_is_read(
    store: GcsBlobStore, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_store, "_CHUNK_BYTES", 40_000)
    content = small.read_bytes()

    chunks = store.read(store.put("media", "a", small, "video/mp4"))
    assert next(chunks) == content[:40_000]
    ref = store.put("media", "a", small, "video/mp4")
    with pytest.raises(PreconditionFailed):
        next(chunks)

    chunks = store.read(ref)
    assert next(chunks) == content[:40_000]
    store.delete("media", "a")
    with pytest.raises(NotFound):
        next(chunks)


@pytest.mark.reliability("B11", "B17")
def test_an_object_that_changes_while_it_is_copied_leaves_no_file(
    store: GcsBlobStore, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("media", "a", small, "video/mp4")
    monkeypatch.setattr(blob_store, "_COPIED_BYTES", 40_000)
    copy = store._copy

    def copy_and_replace(*arguments: Any) -> None:
        copy(*arguments)
        store.put("media", "a", small, "video/mp4")

    monkeypatch.setattr(store, "_copy", copy_and_replace)
    with pytest.raises(PreconditionFailed):
        store.get("media", "a", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_removal_whose_answer_got_lost_is_done(gcs: StrictGcs, store: GcsBlobStore, small: Path) -> None:
    ref = store.put("media", "a", small, "video/mp4")
    gcs.inject("delete", Fault(lost=True))

    store.delete("media", "a", if_generation=ref.generation)
    assert list(store.list_objects("media")) == []


def test_a_removal_leaves_what_replaced_its_object(
    store: GcsBlobStore, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store.put("media", "a", small, "video/mp4")
    new = store.put("media", "a", small, "video/mp4")
    monkeypatch.setattr(store, "stat", lambda *_: old)  # as if it had looked before the replacement

    store.delete("media", "a")
    monkeypatch.undo()
    assert [found.ref for found in GcsBlobStore.list_objects(store, "media")] == [new]


@pytest.mark.reliability("B18")
@pytest.mark.parametrize("operation", EVERY_CALL)
@pytest.mark.parametrize("status", [429, 503])
def test_overload_is_waited_out(
    gcs: StrictGcs, store: GcsBlobStore, small: Path, tmp_path: Path, operation: Operation, status: int
) -> None:
    store.put("media", "a", small, "video/mp4")

    gcs.inject(operation, Fault(status=status), Fault(lost=operation in {"metadata", "list"}))
    EVERY_CALL[operation](store, small, tmp_path)


@pytest.mark.reliability("B18")
@pytest.mark.parametrize("operation", EVERY_CALL)
def test_overload_without_end_is_given_up(
    gcs: StrictGcs, hasty: GcsBlobStore, small: Path, tmp_path: Path, operation: Operation
) -> None:
    hasty.put("media", "a", small, "video/mp4")
    gcs.inject(operation, *[Fault(status=503)] * 100)

    started = time.monotonic()
    with pytest.raises(TransientError, match="store_unavailable"):
        EVERY_CALL[operation](hasty, small, tmp_path)
    assert time.monotonic() - started < 10


def test_a_server_that_is_gone_is_no_fault_of_the_video(
    gcs: StrictGcs, store: GcsBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")

    with pytest.raises(TransientError, match="store_unavailable"):
        GcsBlobStore("demo", retry_s=0.1).stat("media", "a")


@pytest.mark.parametrize("operation", EVERY_CALL)
def test_a_missing_right_names_the_role(
    gcs: StrictGcs, store: GcsBlobStore, small: Path, tmp_path: Path, operation: Operation
) -> None:
    store.put("media", "a", small, "video/mp4")
    gcs.inject(operation, Fault(status=403), Fault(status=401))

    with pytest.raises(ConfigurationError, match=r"roles/storage\.objectUser"):
        EVERY_CALL[operation](store, small, tmp_path)
    with pytest.raises(ConfigurationError, match="no_credentials"):
        EVERY_CALL[operation](store, small, tmp_path)


def test_a_missing_bucket_is_named(store: GcsBlobStore, small: Path) -> None:
    with pytest.raises(ConfigurationError, match="no bucket nowhere"):
        store.put("nowhere", "a", small, "video/mp4")


@pytest.mark.usefixtures("nobody")
def test_missing_credentials_are_told() -> None:
    with pytest.raises(ConfigurationError, match="no_credentials"):
        GcsBlobStore("demo")


@pytest.mark.reliability("B14")
def test_a_full_disk_leaves_no_file(
    store: GcsBlobStore, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store.put("media", "a", small, "video/mp4")
    monkeypatch.setattr(blob_store._Checksummed, "write", refuse)

    with pytest.raises(TransientError, match="disk_full"):
        store.get("media", "a", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
