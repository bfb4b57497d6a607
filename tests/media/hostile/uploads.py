"""The other side of worker.py: a process that has files ingested and transcoded as a deployment would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Outcome", "Worker"]

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an upload.

    Attributes:
        result: ``ready``, or the code of the refusal.
        detail: The sentence for its owner.
        seconds: From the upload to the end.
        peak_bytes: The most memory that a tool had.
        tools: Programs that were run.
        logs: The ends of what they wrote to stderr.
        caveats: Codes of what its owner is told besides.
        frames: Pictures that were measured.
        duration_s: What was measured.
        kind: What the file was taken for, video or audio; empty if refused.
        renditions: Kind and name, and in which bucket under which name each is.
    """

    result: str
    detail: str = ""
    seconds: float
    peak_bytes: int = 0
    tools: int = 0
    logs: list[str] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)
    frames: int = 0
    duration_s: float = 0.0
    kind: str = ""
    renditions: dict[str, list[str]] = field(default_factory=dict)


class Worker:
    """A deployment in a folder.

    Args:
        data_dir: An empty folder.
        network: Whether tools keep the network, as on a host that can't take it from them.
    """

    def __init__(self, data_dir: Path, *, network: bool = False) -> None:
        self.data_dir = data_dir
        data_dir.mkdir(parents=True)
        self._log = (data_dir / "worker.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.media.hostile.worker", *(["network"] if network else [])],
            cwd=_ROOT,
            env={**os.environ, "AUTOMATIONS_DATA_DIR": str(data_dir)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def upload(self, path: Path, name: str, stages: int = 2) -> Outcome:
        """Has a file processed under an object name, by the first stage or the first two."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"path": str(path), "name": name, "stages": stages}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, (self.data_dir / "worker.log").read_text()[-4000:]
        return Outcome(**json.loads(answer))

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._log.close()
