from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.local import machine_doctor
from infra.local.emulators.stack import EmulatorStack
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.settings import Settings


@pytest.fixture
def _no_gcloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _program: None)


@pytest.mark.usefixtures("_no_gcloud")
def test_a_missing_emulator_is_told_before_anything_starts(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))
    stack = EmulatorStack(wiring, host="127.0.0.1", port=0, note=print)
    with pytest.raises(ConfigurationError, match="cloud-firestore-emulator"), stack:
        pass
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_no_gcloud")
def test_the_doctor_warns_of_a_missing_emulator() -> None:
    verdict, found = machine_doctor._emulators()
    assert verdict == "warning"
    assert "everything else does" in found
