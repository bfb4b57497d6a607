from __future__ import annotations

from pathlib import Path

import pytest

from tests.image.clean_root import BASE, ImageBuilder, debian_root
from tests.image.contents import Environments


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageBuilder:
    """Both images, built from a clean Debian by the Dockerfile's own steps."""
    folder: Path = tmp_path_factory.mktemp("images")
    base = debian_root(folder / "debian")
    builder = ImageBuilder(base, folder)
    for target in ("light", "media"):
        builder.build(target, {"BASE": BASE})
    return builder


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """What each image has installed, by the same command that lists it."""
    return Environments.made(tmp_path_factory.mktemp("environments"))
