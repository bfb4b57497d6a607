"""`automations clip` and `automations highlight`: real files, also when the machine breaks down amid one."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.clips import Clip
from shared.settings import Settings
from tests.e2e.test_kill import MARK, ROOT, relatives, wait_for
from tests.media.numbered import numbered, numbers, plays

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twelve seconds of numbered frames, large enough to be at it for a moment, with a tone."""
    path = tmp_path / "numbered.mp4"
    made = [
        *numbered("25", 12),
        "-f",
        "lavfi",
        "-i",
        "sine=440:d=12",
        "-vf",
        "scale=1152:384:flags=neighbor,noise=alls=9:allf=t",
    ]
    subprocess.run(
        [
            str(bundled("ffmpeg")),
            "-v",
            "error",
            "-nostdin",
            *made,
            "-preset",
            "ultrafast",
            "-c:a",
            "aac",
            str(path),
        ],
        check=True,
    )
    return path


@pytest.mark.reliability("B9", "B22", "B24")
def test_clips_are_exact_and_made_once_even_after_a_kill(
    automations: Automations, source: Path, tmp_path: Path
) -> None:
    (video,) = automations.process(source)
    file = tmp_path / "intro.mp4"
    said = automations.run("clip", video["id"], "2.04-3", "-o", file)
    assert "0.96 s of numbered.mp4" in said
    assert numbers(file) == list(range(51, 75))
    assert plays(file)

    wiring = Bootstrap(Settings(data_dir=automations.data_dir, log_level="error"))
    whole = tmp_path / "whole.mp4"
    command = automations.command("clip", video["id"], "0.04-11.96", "-o", whole)
    environment = {**automations.environment(), MARK: str(automations.data_dir)}
    killed = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def clips() -> list[Clip]:
        return list(wiring.documents.owned(Clip, owner="local"))

    wait_for(lambda: any(clip.state == "running" for clip in clips()), 60, lambda: str(clips()))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not relatives(automations.data_dir), 10, lambda: str(relatives(automations.data_dir)))
    assert sorted(clip.state for clip in clips()) == ["ready", "running"]

    automations.run("clip", video["id"], "0.04-11.96", "-o", whole)
    assert numbers(whole) == list(range(1, 299))
    made = next(clip for clip in clips() if clip.spans == ((0.04, 11.96),))
    assert (made.state, made.tries) == ("ready", 2)
    again = tmp_path / "again.mp4"
    automations.run("clip", video["id"], "0.04-11.96", "-o", again)
    assert again.read_bytes() == whole.read_bytes()
    assert next(clip for clip in clips() if clip.id == made.id).tries == 2
    wiring.close()


def test_wrong_use_says_what_to_do(automations: Automations, clip: Path) -> None:
    (video,) = automations.process(clip)
    assert "KIND:INDEX" in _said(automations, 2, "clip", video["id"], "nonsense")
    assert "There are shot:0 to shot:" in _said(automations, 1, "clip", video["id"], "shot:99")
    assert "There is no folder" in _said(automations, 1, "clip", video["id"], "0-1", "-o", "/nowhere/x.mp4")


def _said(automations: Automations, exit_code: int, *arguments: str) -> str:
    run = subprocess.run(
        automations.command(*arguments),
        cwd=ROOT,
        env=automations.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == exit_code, run.stderr
    return " ".join(run.stderr.split())
