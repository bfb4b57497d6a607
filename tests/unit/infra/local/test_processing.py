"""What is said while a command waits for videos."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from google.auth.exceptions import DefaultCredentialsError
from pytest_mock import MockerFixture
from rich.console import Console

from infra.local.processing import follow_runs, process_files
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.settings import Settings


@pytest.fixture
def wiring(tmp_path: Path) -> Bootstrap:
    return Bootstrap(Settings(platform="google", project="demo", data_dir=tmp_path, log_level="error"))


def test_it_is_said_that_functions_do_the_work(wiring: Bootstrap) -> None:
    said = StringIO()
    follow_runs(wiring, iter(()), 1, Console(file=said, width=200), alone=False)
    assert "done elsewhere" in said.getvalue()


def test_nothing_is_said_of_the_work_before_credentials_were_of_use(
    wiring: Bootstrap, tmp_path: Path, mocker: MockerFixture
) -> None:
    mocker.patch("google.auth.default", side_effect=DefaultCredentialsError("none found"))
    said = StringIO()
    with pytest.raises(ConfigurationError, match="none found"):
        process_files(wiring, [tmp_path / "clip.mp4"], 1, Console(file=said))
    assert said.getvalue() == ""
