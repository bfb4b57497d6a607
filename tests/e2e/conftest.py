from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.deploy.smoke import render_clip

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of picture and sound with one cut, as small as the pipeline likes it."""
    return render_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def who_has(api_url: str, token: str) -> Any:
    """Returns who the API says a token stands for."""
    request = urllib.request.Request(f"{api_url}/v1/me", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@dataclass(frozen=True)
class Automations:
    """The command line over one data folder."""

    data_dir: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *arguments: str | Path) -> list[str]:
        name, *rest = (str(argument) for argument in arguments)
        return [sys.executable, "-m", "infra.local.cli", *name.split(), "--data-dir", str(self.data_dir), *rest]

    def environment(self) -> dict[str, str]:
        """Returns settings that leave enough of the work for a test of how it is run."""
        return {
            **os.environ,
            "AUTOMATIONS_ANALYZERS": "loudness",
            "AUTOMATIONS_SEGMENTERS": "shots",
            "COLUMNS": "120",
        }

    def run(self, *arguments: str | Path, exit_code: int = 0) -> str:
        """Runs a command to its end and returns what it wrote to stdout."""
        run = subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=300
        )
        assert run.returncode == exit_code, f"{run.stdout}\n{run.stderr}"
        return run.stdout

    def process(self, *files: Path, exit_code: int = 0) -> list[dict[str, Any]]:
        """Processes files and returns the videos."""
        videos: list[dict[str, Any]] = json.loads(self.run("process", "--json", "--", *files, exit_code=exit_code))
        return videos

    def up(self) -> subprocess.Popen[str]:
        """Starts the whole stack and returns it once it has said that it is there."""
        process = subprocess.Popen(
            self.command("up", "--port", "0"),
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        self.wait_for(process, "Ctrl-C stops")
        return process

    def wait_for(self, process: subprocess.Popen[str], text: str) -> str:
        """Reads lines until one has the text, and returns it."""
        assert process.stdout is not None
        read = []
        for line in process.stdout:
            read.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}:\n{''.join(read)}")


@pytest.fixture(scope="module")
def automations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Automations]:
    """A data folder with a space in its name; nothing that was started on it outlives the module."""
    automations = Automations(tmp_path_factory.mktemp("a folder") / "data")
    yield automations
    for process in automations.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def workers_of() -> Callable[[subprocess.Popen[str]], list[psutil.Process]]:
    """Finds what a command has started."""
    return lambda process: psutil.Process(process.pid).children(recursive=True)
