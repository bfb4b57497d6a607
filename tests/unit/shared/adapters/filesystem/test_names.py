"""Which files in a folder are objects, whoever made them, and what they are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.adapters.filesystem import FolderBlobStore
from shared.domain.errors import NotFound, PermanentError
from tests.unit.shared.adapters.filesystem.hand_made import by_hand


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("hls/master.m3u8", "application/vnd.apple.mpegurl"),
        ("manifest.mpd", "application/dash+xml"),
        ("v720.MP4", "video/mp4"),
        ("audio.m4a", "audio/mp4"),
        ("poster.jpg", "image/jpeg"),
        ("storyboard.vtt", "text/vtt"),
        ("page.html", "application/octet-stream"),
        ("mp4", "application/octet-stream"),
    ],
)
@pytest.mark.reliability("A26")
def test_the_extension_decides_the_content_type(
    store: FolderBlobStore, file: Path, name: str, content_type: str
) -> None:
    assert store.put("media", name, file, "application/octet-stream").content_type == content_type
    assert store.put("media", name, file, content_type).content_type == content_type


@pytest.mark.reliability("A26")
def test_a_content_type_that_contradicts_the_extension_is_refused(store: FolderBlobStore, file: Path) -> None:
    with pytest.raises(ValueError, match="extension says video/mp4"):
        store.put("media", "clip.mp4", file, "text/html")
    assert store.put("media", "page.html", file, "text/html").content_type == "application/octet-stream"
    assert [found.ref.name for found in store.list_objects("media")] == ["page.html"]


@pytest.mark.parametrize("name", [b"ann/my%20movie.mp4", b"100%25.mp4", b"line\nbreak.mp4", b"latin-1-\xe9.mp4"])
def test_a_file_copied_in_by_hand_is_an_object(
    store: FolderBlobStore, root: Path, tmp_path: Path, name: bytes
) -> None:
    path = by_hand(root, name)

    (found,) = store.list_objects("uploads")
    assert found.ref.generation == path.stat().st_mtime_ns
    assert store.path_of("uploads", found.ref.name) == path
    assert store.name_of("uploads", path) == found.ref.name
    assert store.get("uploads", found.ref.name, tmp_path / "copy", generation=found.ref.generation) == found.ref
    assert (tmp_path / "copy").read_bytes() == b"by hand"


def test_a_relative_root_and_absolute_paths_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = FolderBlobStore(Path("data"), {})

    assert store.name_of("uploads", tmp_path / "data/uploads/ann/clip.mp4") == "ann/clip.mp4"
    with pytest.raises(ValueError, match="subpath"):
        store.name_of("uploads", tmp_path / "data/media/clip.mp4")


def test_a_file_that_misuses_a_marker_is_no_object(store: FolderBlobStore, root: Path) -> None:
    path = by_hand(root, "%=x.mp4")

    assert list(store.list_objects("uploads")) == []
    with pytest.raises(ValueError, match="rename the file"):
        store.name_of("uploads", path)


@pytest.mark.parametrize("bucket", ["", ".tmp", "..", "a/b", "a\0b"])
@pytest.mark.reliability("A11")
def test_a_bucket_is_one_plain_folder(store: FolderBlobStore, file: Path, bucket: str) -> None:
    with pytest.raises(ValueError, match="bucket"):
        store.put(bucket, "a", file, "video/mp4")


@pytest.mark.reliability("A11")
def test_no_link_is_followed(store: FolderBlobStore, root: Path, file: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.mp4").write_bytes(b"secret")
    by_hand(root, "plain.mp4")
    (root / "uploads/link.mp4").symlink_to(outside / "secret.mp4")
    (root / "uploads/folder").symlink_to(outside)

    assert [found.ref.name for found in store.list_objects("uploads")] == ["plain.mp4"]
    assert list(store.list_objects("uploads", "folder/")) == []
    for name in ("link.mp4", "folder/secret.mp4"):
        with pytest.raises(NotFound):
            store.stat("uploads", name)
        with pytest.raises(NotFound):
            store.get("uploads", name, tmp_path / "copy")
    with pytest.raises(PermanentError, match="name_taken"):
        store.put("uploads", "folder/new.mp4", file, "video/mp4")
    store.delete("uploads", "folder/secret.mp4")
    assert [path.name for path in outside.iterdir()] == ["secret.mp4"]

    store.put("uploads", "link.mp4", file, "video/mp4")
    assert (outside / "secret.mp4").read_bytes() == b"secret"


def test_a_fifo_is_no_object(store: FolderBlobStore, root: Path) -> None:
    by_hand(root, "plain.mp4")
    os.mkfifo(root / "uploads/pipe.mp4")

    with pytest.raises(NotFound):
        store.stat("uploads", "pipe.mp4")
    assert [found.ref.name for found in store.list_objects("uploads")] == ["plain.mp4"]


def test_an_object_cant_lie_below_another(store: FolderBlobStore, file: Path) -> None:
    store.put("uploads", "ann", file, "video/mp4")
    with pytest.raises(PermanentError, match="name_taken"):
        store.put("uploads", "ann/clip.mp4", file, "video/mp4")

    store.put("uploads", "bob/clip.mp4", file, "video/mp4")
    with pytest.raises(PermanentError, match="name_taken"):
        store.put("uploads", "bob", file, "video/mp4")
