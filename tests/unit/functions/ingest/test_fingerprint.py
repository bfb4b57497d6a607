from __future__ import annotations

from pathlib import Path

import pytest

from functions.ingest.fingerprint import fingerprint

MIB = 1 << 20


def written(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    return fingerprint(path)


@pytest.mark.parametrize("size", [0, 10, MIB, 3 * MIB, 9 * MIB + 7])
def test_copies_have_one_and_others_another(tmp_path: Path, size: int) -> None:
    content = bytes(size)
    own = written(tmp_path, "a.mp4", content)
    assert written(tmp_path, "b.mov", content) == own
    assert written(tmp_path, "c.mp4", content + b"0") != own
    for place in {0, size // 2, size - 1} if size else ():
        changed = bytearray(content)
        changed[place] = 1
        assert written(tmp_path, "d.mp4", bytes(changed)) != own, place
