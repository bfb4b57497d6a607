from __future__ import annotations

import os
from collections import deque
from pathlib import Path

import psutil
import pytest

from infra.local.emulators.functions import FunctionProcess
from shared.domain.errors import ConfigurationError


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "AUTOMATIONS_LOG_LEVEL": "error"}


def test_one_that_died_is_started_again_without_its_files(tmp_path: Path, environment: dict[str, str]) -> None:
    sweep = FunctionProcess("sweep", tmp_path / "sweep", tmp_path / "logs", environment)
    sweep.start()
    try:
        sweep.wait_until_ready()
        assert not sweep.revive()
        (tmp_path / "sweep" / "work").mkdir(parents=True)
        started = [
            process for process in psutil.Process().children(recursive=True) if "gunicorn" in process.cmdline()
        ]
        for process in started:
            process.kill()
        psutil.wait_procs(started, timeout=10)
        assert sweep.revive()
        assert not (tmp_path / "sweep" / "work").exists()
        sweep.wait_until_ready()
    finally:
        sweep.kill()


def test_one_that_keeps_dying_is_given_up(tmp_path: Path, environment: dict[str, str]) -> None:
    broken = FunctionProcess("no_such_function", tmp_path / "work", tmp_path / "logs", environment)
    broken.start()
    with pytest.raises(ConfigurationError, match="keeps dying"):
        deque(iter(broken.revive, None), maxlen=0)
    broken.kill()
