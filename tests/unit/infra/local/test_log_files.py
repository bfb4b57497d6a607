from __future__ import annotations

from pathlib import Path

import pytest

from infra.local import log_files
from infra.local.log_files import bound_logs


def test_a_large_log_is_set_aside_and_whoever_has_it_open_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MAX_LOG_BYTES", 10)
    (tmp_path / "worker-1.log").write_text("short\n")
    with (tmp_path / "stack.log").open("a", buffering=1) as log:
        log.write("the first lines\n")
        bound_logs(tmp_path)
        log.write("more\n")
        bound_logs(tmp_path)

    kept = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert kept == {"stack.log": "more\n", "stack.log.1": "the first lines\n", "worker-1.log": "short\n"}


def test_a_log_that_cant_be_set_aside_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MAX_LOG_BYTES", 10)
    (tmp_path / "stack.log").write_text("the first lines\n")
    (tmp_path / "stack.log.1").mkdir()
    bound_logs(tmp_path)
    assert (tmp_path / "stack.log").read_text() == "the first lines\n"
