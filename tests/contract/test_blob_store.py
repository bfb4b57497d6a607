"""What every BlobStore does, whoever keeps the bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest
from google.cloud.storage import Client

from infra.local.emulators import Emulator
from shared.adapters.filesystem import FolderBlobStore
from shared.adapters.gcs import GcsBlobStore
from shared.domain.errors import NotFound, PreconditionFailed, TransientError
from shared.domain.events import ObjectFinalized
from shared.ports.blob_store import BlobStore
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.strict_gcs import StrictGcs

OnFinalize: TypeAlias = Mapping[str, Callable[[ObjectFinalized], None]]

OWN_STORES: dict[str, Callable[[Path, OnFinalize], BlobStore]] = {
    "fake": lambda _, on_finalize: InMemoryBlobStore(on_finalize),
    "folder": FolderBlobStore,
}

# Cloud Storage is played by fake-gcs-server and by StrictGcs, which enforces what the emulator lets pass.
GCS_SERVERS = ("emulator", "strict")

enforced = pytest.mark.parametrize(
    "store",
    [
        *OWN_STORES,
        "strict",
        pytest.param(
            "emulator",
            marks=pytest.mark.xfail(
                raises=(pytest.fail.Exception, TransientError),  # bytes of another generation than the checksum
                reason="fake-gcs-server ignores preconditions on reads and deletions; the strict fake proves them",
            ),
        ),
    ],
    indirect=True,
)


@pytest.fixture
def announced() -> list[ObjectFinalized]:
    return []


@pytest.fixture(params=[*OWN_STORES, *GCS_SERVERS])
def store(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    announced: list[ObjectFinalized],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[BlobStore]:
    if request.param in OWN_STORES:
        yield OWN_STORES[request.param](tmp_path / "above" / "not yet there", {"uploads": announced.append})
    elif request.param == "strict":
        with StrictGcs(page_size=3) as gcs:
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
            for bucket in ("media", "uploads"):
                gcs.objects.create_bucket(bucket)
            with closing(GcsBlobStore("demo")) as store:
                yield store
    else:
        emulator: Emulator = request.getfixturevalue("storage")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.client_environment["STORAGE_EMULATOR_HOST"])
        with Client("demo") as client, closing(GcsBlobStore("demo")) as store:
            buckets = [client.create_bucket(name) for name in ("media", "uploads")]
            yield store
            for bucket in buckets:
                bucket.delete(force=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"0123456789")
    return path


def content(store: BlobStore, bucket: str, name: str) -> bytes:
    return b"".join(store.read(store.stat(bucket, name)))


def names(store: BlobStore, bucket: str, prefix: str = "") -> list[str]:
    return [found.ref.name for found in store.list_objects(bucket, prefix)]


def test_an_object_is_read_as_it_was_put(store: BlobStore, file: Path, tmp_path: Path) -> None:
    ref = store.put("media", "videos/v/poster.jpg", file, "image/jpeg")

    assert (ref.bucket, ref.name, ref.size_bytes) == ("media", "videos/v/poster.jpg", 10)
    assert ref.content_type == "image/jpeg"
    assert store.stat("media", "videos/v/poster.jpg") == ref
    assert store.get("media", "videos/v/poster.jpg", tmp_path / "copy", generation=ref.generation) == ref
    assert (tmp_path / "copy").read_bytes() == b"0123456789"
    assert [found.ref for found in store.list_objects("media")] == [ref]


def test_a_large_object_is_read_as_it_was_put(store: BlobStore, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(9 * 2**20)
    (tmp_path / "large").write_bytes(content)
    ref = store.put("media", "clip.mp4", tmp_path / "large", "video/mp4")

    assert (ref.size_bytes, ref.content_type) == (len(content), "video/mp4")
    assert store.get("media", "clip.mp4", tmp_path / "copy") == ref
    assert (tmp_path / "copy").read_bytes() == content
    assert b"".join(store.read(ref)) == content
    assert b"".join(store.read(ref, 2**22 - 1, 2**23 + 1)) == content[2**22 - 1 : 2**23 + 1]


def test_an_object_is_read_as_it_was_written_piece_by_piece(store: BlobStore) -> None:
    content = random.Random(1).randbytes(20 * 2**20)
    with store.writing("media", "exports/all.zip", "application/zip") as file:
        for start in range(0, len(content), 3 * 2**20):
            file.write(content[start : start + 3 * 2**20])
        assert names(store, "media") == []
    ref = store.stat("media", "exports/all.zip")

    assert (ref.size_bytes, ref.content_type) == (len(content), "application/zip")
    assert b"".join(store.read(ref)) == content
    with store.writing("media", "exports/all.zip", "application/zip") as file:
        file.write(b"another")
    later = store.stat("media", "exports/all.zip")
    assert later.generation > ref.generation
    assert b"".join(store.read(later)) == b"another"
    with store.writing("media", "exports/none.zip", "application/zip"):
        pass
    assert store.stat("media", "exports/none.zip").size_bytes == 0


@pytest.mark.reliability("B17")
@pytest.mark.parametrize("size_bytes", [10, 9 * 2**20])
def test_what_is_not_written_to_its_end_is_no_object(store: BlobStore, size_bytes: int) -> None:
    def write() -> None:
        with store.writing("media", "exports/all.zip", "application/zip") as file:
            file.write(bytes(size_bytes))
            raise LookupError

    with pytest.raises(LookupError):
        write()
    assert names(store, "media") == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, 6, b"345"), (8, 99, b"89"), (9, None, b"9"), (10, None, b""), (4, 4, b"")],
)
def test_a_range_is_read(store: BlobStore, file: Path, start: int, end: int | None, expected: bytes) -> None:
    ref = store.put("media", "a", file, "application/octet-stream")

    assert b"".join(store.read(ref, start, end)) == expected


def test_an_empty_object_is_an_object(store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    ref = store.put("media", "a", tmp_path / "empty", "application/octet-stream")

    assert (ref.size_bytes, b"".join(store.read(ref))) == (0, b"")


def test_a_missing_object_is_not_found(store: BlobStore, file: Path, tmp_path: Path) -> None:
    ref = store.put("media", "a/b", file, "application/octet-stream")
    store.delete("media", "a/b")

    with pytest.raises(NotFound):
        store.stat("media", "a/b")
    with pytest.raises(NotFound):
        store.stat("nowhere", "a/b")
    with pytest.raises(NotFound):
        store.get("media", "a/b", tmp_path / "copy")
    with pytest.raises(NotFound):
        list(store.read(ref))
    store.delete("media", "a/b")
    store.delete("nowhere", "a/b")
    assert names(store, "nowhere") == []
    assert not (tmp_path / "copy").exists()


def test_a_folder_is_no_object(store: BlobStore, file: Path) -> None:
    store.put("media", "a/b", file, "application/octet-stream")

    with pytest.raises(NotFound):
        store.stat("media", "a")
    store.delete("media", "a")
    assert names(store, "media") == ["a/b"]


@enforced
@pytest.mark.reliability("B11")
def test_an_overwritten_object_has_a_greater_generation_and_the_old_one_is_gone(
    store: BlobStore, file: Path, tmp_path: Path
) -> None:
    old = store.put("media", "a", file, "application/octet-stream")
    file.write_bytes(b"new")
    new = store.put("media", "a", file, "application/octet-stream")

    assert new.generation > old.generation
    assert content(store, "media", "a") == b"new"
    with pytest.raises(PreconditionFailed):
        store.get("media", "a", tmp_path / "copy", generation=old.generation)
    with pytest.raises(PreconditionFailed):
        list(store.read(old))
    assert not (tmp_path / "copy").exists()


def test_a_put_under_a_precondition(store: BlobStore, file: Path) -> None:
    with pytest.raises(PreconditionFailed):
        store.put("media", "a", file, "application/octet-stream", if_generation=7)
    first = store.put("media", "a", file, "application/octet-stream", if_generation=0)
    with pytest.raises(PreconditionFailed):
        store.put("media", "a", file, "application/octet-stream", if_generation=0)
    second = store.put("media", "a", file, "application/octet-stream", if_generation=first.generation)
    with pytest.raises(PreconditionFailed):
        store.put("media", "a", file, "application/octet-stream", if_generation=first.generation)

    assert store.stat("media", "a") == second


@enforced
def test_a_delete_under_a_precondition(store: BlobStore, file: Path) -> None:
    first = store.put("media", "a", file, "application/octet-stream")
    second = store.put("media", "a", file, "application/octet-stream")
    with pytest.raises(PreconditionFailed):
        store.delete("media", "a", if_generation=first.generation)
    assert store.stat("media", "a") == second

    store.delete("media", "a", if_generation=second.generation)
    assert names(store, "media") == []


def test_a_listing_is_complete_in_name_order_and_of_one_bucket(store: BlobStore, file: Path) -> None:
    every = ["a", "a-b", "a.b/c", "ab/c", "b/.hidden", "b//c", "b/c/d", "b/cc", "ü"]
    for name in reversed(every):
        store.put("media", name, file, "application/octet-stream")
    store.put("uploads", "z", file, "application/octet-stream")

    assert names(store, "media") == every
    assert names(store, "media", "b/") == ["b/.hidden", "b//c", "b/c/d", "b/cc"]
    assert names(store, "media", "b/c") == ["b/c/d", "b/cc"]
    assert names(store, "media", "b//") == ["b//c"]
    assert names(store, "media", "a") == ["a", "a-b", "a.b/c", "ab/c"]
    assert names(store, "media", "a/") == []


def test_a_listing_can_go_on_after_any_name(store: BlobStore, file: Path) -> None:
    every = ["a", "a-b", "a.b/c", "ab/c", "b//c", "b/c/d", "é", "\U0001f3ac"]
    for name in every:
        store.put("media", name, file, "application/octet-stream")
    for index, name in enumerate(every):
        assert [found.ref.name for found in store.list_objects("media", after=name)] == every[index + 1 :]
    assert [found.ref.name for found in store.list_objects("media", "a", after="a-c")] == ["a.b/c", "ab/c"]


def test_a_listing_says_when_objects_were_stored(store: BlobStore, file: Path) -> None:
    store.put("media", "a", file, "application/octet-stream")
    store.put("media", "b", file, "application/octet-stream")

    first, second = store.list_objects("media")
    assert first.updated_at <= second.updated_at
    assert first.updated_at.tzinfo is not None


def test_what_a_listing_names_can_be_deleted_while_it_goes_on(store: BlobStore, file: Path) -> None:
    for name in ("videos/v1/r1/a", "videos/v1/r1/b/c", "videos/v1/r10/a", "videos/v2/r1/a"):
        store.put("media", name, file, "application/octet-stream")

    for stored in store.list_objects("media", "videos/v1/r1/"):
        store.delete("media", stored.ref.name)
    assert names(store, "media") == ["videos/v1/r10/a", "videos/v2/r1/a"]


ODD_NAMES = [
    "-version",
    "concat:a|b",
    "pipe:0",
    "img%03d.mp4",
    "nul\0byte",
    "\u202egpj.exe",
    "\U0001f3ac.mp4",
    "é" * 512,
    "a/" * 511 + "ab",
    "../../escape",
    "a/../../../escape",
    "%2e%2e/%2e%2e/escape",
    "/absolute",
    "//double//",
    "ends/",
]
NAMES_UNKNOWN_TO_GCS = ["line\nbreak\x1b[31m.mp4", ".", "..", "\udcff.mp4"]


@pytest.mark.reliability("A7", "A8", "A9", "A10", "A11")
@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_text_is_a_name(store: BlobStore, file: Path, tmp_path: Path, name: str) -> None:
    assert_nothing_special(store, file, tmp_path, name)


@pytest.mark.reliability("A10", "A11")
@pytest.mark.parametrize("store", OWN_STORES, indirect=True)
@pytest.mark.parametrize("name", NAMES_UNKNOWN_TO_GCS)
def test_a_folder_takes_names_that_cloud_storage_does_not_have(
    store: BlobStore, file: Path, tmp_path: Path, name: str
) -> None:
    assert_nothing_special(store, file, tmp_path, name)


@pytest.mark.reliability("A10", "A11")
@pytest.mark.parametrize("store", GCS_SERVERS, indirect=True)
@pytest.mark.parametrize("name", NAMES_UNKNOWN_TO_GCS)
def test_names_that_cloud_storage_does_not_have_are_refused(
    store: BlobStore, file: Path, tmp_path: Path, name: str
) -> None:
    store.put("media", "a", file, "application/octet-stream")

    with pytest.raises(ValueError, match="name"):
        store.put("media", name, file, "application/octet-stream")
    with pytest.raises(ValueError, match="name"):
        store.stat("media", name)
    with pytest.raises(ValueError, match="name"):
        store.get("media", name, tmp_path / "copy")
    with pytest.raises(ValueError, match="name"):
        store.delete("media", name)
    assert names(store, "media") == ["a"]


def assert_nothing_special(store: BlobStore, file: Path, tmp_path: Path, name: str) -> None:
    ref = store.put("uploads", name, file, "application/octet-stream")

    own = tmp_path / "above" / "not yet there"
    assert {path for path in tmp_path.rglob("*") if own not in path.parents} <= {file, own.parent, own}
    assert store.stat("uploads", name).name == name
    assert content(store, "uploads", name) == b"0123456789"
    assert names(store, "uploads") == [name]
    assert names(store, "uploads", name) == [name]
    assert names(store, "media") == []
    store.delete("uploads", name, if_generation=ref.generation)
    assert names(store, "uploads") == []


@pytest.mark.parametrize("name", ["", "a" * 1025])
def test_what_can_be_no_name_is_refused(store: BlobStore, file: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        store.put("media", name, file, "application/octet-stream")


@pytest.mark.parametrize("store", OWN_STORES, indirect=True)  # Cloud Storage publishes it
def test_a_finished_object_is_announced_once_for_the_bucket_that_wants_it(
    store: BlobStore, file: Path, announced: list[ObjectFinalized]
) -> None:
    store.put("media", "quiet.mp4", file, "video/mp4")
    ref = store.put("uploads", "ann/clip.mp4", file, "video/mp4")
    with pytest.raises(PreconditionFailed):
        store.put("uploads", "ann/clip.mp4", file, "video/mp4", if_generation=0)

    expected = ObjectFinalized(
        bucket="uploads",
        name="ann/clip.mp4",
        generation=ref.generation,
        size_bytes=10,
        content_type="video/mp4",
    )
    assert announced == [expected]
