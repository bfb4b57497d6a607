"""A store of folders, and something to put into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.adapters.filesystem import FolderBlobStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(root: Path) -> FolderBlobStore:
    return FolderBlobStore(root, {})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"0123456789")
    return path
