"""Programs are found where they come from, or missed loudly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from shared.adapters.binaries import bundled, executable
from shared.domain.errors import ConfigurationError


@pytest.mark.parametrize("name", ["ffmpeg", "ffprobe", "packager"])
def test_bundled_programs_may_be_run(name: str) -> None:
    path = bundled(name)
    assert path.is_absolute()
    assert os.access(path, os.X_OK)


def test_a_package_that_is_not_installed(mocker: MockerFixture) -> None:
    mocker.patch("shared.adapters.binaries.find_spec", return_value=None)
    with pytest.raises(ConfigurationError, match="Install imageio-ffmpeg"):
        bundled("ffmpeg")


def test_a_program_that_may_not_be_run(tmp_path: Path) -> None:
    path = tmp_path / "ffmpeg"
    with pytest.raises(ConfigurationError, match="tool_missing"):
        executable(path)
    path.touch(mode=0o644)
    with pytest.raises(ConfigurationError, match="tool_missing"):
        executable(path)
    path.chmod(0o755)
    assert executable(path) == path
