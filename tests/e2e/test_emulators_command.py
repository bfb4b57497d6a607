"""`automations up --on emulators` on a terminal: the other commands beside it, its end, its sudden end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Automations, who_has
from tests.e2e.emulated import ROOT, Up
from tests.emulators import require_emulators


def test_killed_and_started_again(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_emulators()
    automations, log = Automations(tmp_path / "a folder"), tmp_path / "up.log"
    for name, value in automations.environment().items():
        monkeypatch.setenv(name, value)
    with Up.start(automations.data_dir, log) as up:
        (video,) = automations.process(clip)
        assert video["status"] == "ready"
        token = automations.run("token", "--role", "viewer").strip()
        assert who_has(up.api_url, token) == {"owner": "local", "role": "viewer", "subject": "local"}
        said = log.read_text()
        assert "PRIVATE KEY" not in said
        assert f"process --data-dir '{automations.data_dir}' FILE" in said
        assert "name=local/FILE" in said
        assert "gs://media/videos/" in automations.run("show", video["id"][:9])
        automations.run("replay", video["id"], "--from", "tag")
        assert "Run 2" in automations.run("timeline", video["id"])
        assert "Deleted clip.mp4" in automations.run("delete", video["id"], "--yes")
        assert "Another automations process" in refused(automations, "up", "--on", "emulators", "--port", "0")
        started = up.started()
        up.process.kill()
        up.process.wait()
        assert not psutil.wait_procs(started, timeout=10)[1]
    assert "There is no data" in refused(automations, "list")
    with Up.start(automations.data_dir, log) as again:
        assert "no videos yet" in automations.run("list")
        started = again.started()
        assert again.stop() == 0
        assert not psutil.wait_procs(started, timeout=10)[1]
    assert "What the emulators held is gone" in log.read_text()


def refused(automations: Automations, *arguments: str) -> str:
    run = subprocess.run(automations.command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    return run.stderr.replace("\n", " ")
