from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.local.emulators.announcement import Announcement, announced_environment
from infra.local.session import Host
from shared.bootstrap import Bootstrap
from shared.domain.errors import PipelineError
from shared.settings import Settings

ENVIRONMENT = {
    "AUTOMATIONS_PLATFORM": "google",
    "AUTOMATIONS_PROJECT": "demo",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
}


def test_holds_as_long_as_it_is_held(tmp_path: Path) -> None:
    assert announced_environment(tmp_path) is None
    with Announcement(tmp_path, ENVIRONMENT):
        assert announced_environment(tmp_path) == ENVIRONMENT
    assert announced_environment(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_behind_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "emulators.json").write_text(json.dumps(ENVIRONMENT))
    assert announced_environment(tmp_path) is None
    with Announcement(tmp_path, ENVIRONMENT):
        assert announced_environment(tmp_path) == ENVIRONMENT


def test_who_waits_for_the_emulators_notices_their_end(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(platform="google", project="demo", data_dir=tmp_path, log_level="error"))
    with Announcement(tmp_path, ENVIRONMENT):
        host = Host(wiring, 1, lambda _job, _state: None)
        assert not host.ensure(), "functions do the work"
    with pytest.raises(PipelineError, match="emulators were stopped"):
        host.ensure()
