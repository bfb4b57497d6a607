from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from infra.local import machine_doctor
from shared.bootstrap import Bootstrap
from shared.settings import Secret, Settings


def test_videos_are_looked_up_where_the_settings_say(tmp_path: Path) -> None:
    local = machine_doctor._check(
        "Videos", partial(machine_doctor._videos, Bootstrap(Settings(data_dir=tmp_path)))
    )
    assert (local.verdict, local.found) == ("ok", f"kept in {tmp_path / 'videos.db'}")

    nowhere = Settings(data_dir=tmp_path, database_url=Secret("postgresql://me:secret@127.0.0.1:9/videos"))
    check = machine_doctor._check("Videos", partial(machine_doctor._videos, Bootstrap(nowhere)))
    assert check.verdict == "missing"
    assert "secret" not in check.found


def test_variables_that_set_nothing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine_doctor._settings()[0] == "ok"
    monkeypatch.setenv("AUTOMATIONS_LADER", "standard")
    verdict, found = machine_doctor._settings()
    assert (verdict, "Did you mean AUTOMATIONS_LADDER?" in found) == ("warning", True)


def test_a_database_of_google(firestore_database: str) -> None:
    settings = Settings(platform="google", project="demo", firestore_database=firestore_database)
    check = machine_doctor._check("Videos", partial(machine_doctor._videos, Bootstrap(settings)))
    assert (check.verdict, "doctor --cloud" in check.found) == ("ok", True)


def test_google_without_a_project(tmp_path: Path) -> None:
    check = machine_doctor._check(
        "Videos", partial(machine_doctor._videos, Bootstrap(Settings(data_dir=tmp_path, platform="google")))
    )
    assert (check.verdict, "AUTOMATIONS_PROJECT" in check.found) == ("missing", True)
