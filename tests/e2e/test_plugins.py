"""The cookbook's package, installed beside the product and used by name, with nothing changed here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from infra.deploy.smoke import render_clip
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.domain.records import Finding

ROOT = Path(__file__).parents[2]
PACKAGE = "automations-cookbook 1.0"
SELECTED = {
    "AUTOMATIONS_LADDER": "two-rungs",
    "AUTOMATIONS_SEGMENTERS": "ten-seconds",
    "AUTOMATIONS_ANALYZERS": "peak",
    "AUTOMATIONS_TAGGERS": "long-takes",
    "AUTOMATIONS_PUBLISHERS": "ledger",
}


@dataclass(frozen=True)
class Installed:
    """The command line where packages are installed beside the product."""

    site: Path
    folder: Path

    @property
    def ledger(self) -> Path:
        """What the publisher writes."""
        return self.folder / "ledger.jsonl"

    @property
    def environment(self) -> dict[str, str]:
        """With everything selected that the package brings."""
        path = f"{ROOT}{os.pathsep}{self.site}"
        return {**os.environ, "PYTHONPATH": path, "LEDGER": str(self.ledger), "COLUMNS": "200", **SELECTED}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs a command with other settings."""
        return subprocess.run(
            [sys.executable, "-m", "infra.local.cli", *arguments],
            cwd=self.folder,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def told(self) -> list[dict[str, Any]]:
        """Returns what the publisher was told; a command may have ended before anybody was."""
        if not self.ledger.exists():
            up = [sys.executable, "-m", "infra.local.cli", "up", "--port", "0"]
            with subprocess.Popen(up, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL) as running:
                deadline_s = monotonic() + 120
                while not self.ledger.exists() and monotonic() < deadline_s:
                    sleep(0.05)
                running.send_signal(signal.SIGINT)
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package was installed, without a network and without a build environment of its own."""
    folder = tmp_path_factory.mktemp("cookbook")
    shutil.copytree(ROOT / "tests" / "cookbook", folder / "cookbook")  # building leaves files beside it
    install = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--offline", "--no-deps"]
    install += ["--no-build-isolation", "--python", sys.executable, "--target", str(folder / "site")]
    subprocess.run([*install, str(folder / "cookbook")], check=True)
    return folder / "site"


@pytest.fixture
def installed(site: Path, tmp_path: Path) -> Installed:
    return Installed(site, tmp_path)


def test_one_of_each_kind_is_used_by_name(installed: Installed, tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4")
    run = installed.run("process", "--json", str(clip))
    assert run.returncode == 0, run.stderr
    (video,) = json.loads(run.stdout)

    rungs = {(one["width"], one["height"]) for one in video["renditions"] if one["kind"] == "video"}
    (large, small) = sorted(rungs, reverse=True)
    assert small == (large[0] // 2, large[1] // 2)
    assert "two rungs" in {choice["value"] for choice in video["choices"]}
    shots = [segment for segment in video["segments"] if segment["kind"] == "shot"]
    assert {shot["producer"] for shot in shots} == {"ten-seconds"}
    assert len(shots) == 1 + int(video["media"]["duration_s"] // 10)
    (told,) = installed.told()
    assert (told["what"], told["tags"]) == ("video-ready", [tag["label"] for tag in video["tags"]])
    assert "long take" in told["tags"] or shots[0]["end_s"] < 5
    assert "plugin_failed" not in installed.run("timeline", video["id"]).stdout
    repository = SqlVideoRepository(main_database(sqlite_url(tmp_path / "data" / "videos.db")))
    stored = repository.get(video["id"])
    assert stored is not None
    (finding,) = repository.records(stored, Finding)
    assert (finding.name, finding.producer) == ("loudest_second_dbfs", "peak")
    repository.close()


def test_they_are_listed_with_the_package_that_brings_them(installed: Installed) -> None:
    run = installed.run("plugins", "--json")
    assert run.returncode == 0, run.stderr
    listed: list[dict[str, Any]] = json.loads(run.stdout)

    ours = {(one["kind"], one["name"], one["version"]) for one in listed if one["package"] == PACKAGE}
    assert ours == {
        ("ladder", "two-rungs", "1"),
        ("segmenter", "ten-seconds", "1"),
        ("analyzer", "peak", "1"),
        ("tagger", "long-takes", "1"),
        ("publisher", "ledger", "1"),
    }
    assert {one["name"] for one in listed if one["selected"]} == {name for _, name, _ in ours}
    assert not any(one["problem"] for one in listed)
    assert {"standard", "shots", "gemini"} <= {one["name"] for one in listed if one["package"] == "automations"}
    assert PACKAGE in installed.run("plugins").stdout


def test_what_is_selected_but_missing_or_broken_is_told_before_any_work_begins(
    installed: Installed, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"never looked at")
    missing = installed.run("process", str(clip), AUTOMATIONS_PUBLISHERS="ledgr")
    assert missing.returncode == 2
    assert "no 'ledgr' in automations.publishers; there are ledger" in " ".join(missing.stderr.split())

    doctor = installed.run("doctor")
    assert f"tagger long-takes 1 ({PACKAGE})" in " ".join(doctor.stdout.split())
    assert list((tmp_path / "data" / "uploads").rglob("*.mp4")) == []
