"""Which objects are videos to process."""

from __future__ import annotations

import pytest

from shared.domain.uploads import is_upload


@pytest.mark.parametrize("name", ["clip.mp4", "ann/clip.mp4", "ann/clip", "ann/-y", "ann/...mp4x/a", "a/b/\n.mov"])
def test_an_upload(name: str) -> None:
    assert is_upload(name)


@pytest.mark.reliability("A37")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "ann/",
        "ann/.hidden.mp4",
        ".DS_Store",
        "ann/clip.mp4.part",
        "clip.mp4.CRDOWNLOAD",
        "clip.mp4~",
        "~$clip.mp4",
    ],
)
def test_no_upload(name: str) -> None:
    assert not is_upload(name)
