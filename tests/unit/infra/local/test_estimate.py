from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from infra.local.cli import app
from shared.testing.sound import write_wav

RUN = CliRunner()


def estimated(*arguments: str) -> dict[str, Any]:
    result = RUN.invoke(app, ["estimate", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_minutes_are_enough() -> None:
    found = estimated("--minutes", "3")

    assert found["usd"] == pytest.approx(sum(stage["usd"] for stage in found["stages"].values()))
    for stage in found["stages"].values():
        assert stage["usd"] == pytest.approx(sum(stage["usd_by_price"].values()))
    assert found["usd"] < found["usd_at_most"]
    assert found["dominant"]["stage"] == "transcode"


def test_a_file_is_measured(real_media: Path) -> None:
    found = estimated(str(real_media / "bear-vp9-opus.webm"))

    assert 0 < found["usd"] < estimated("--minutes", "1")["usd"]
    assert found["stored_gib"] * 2**30 > (real_media / "bear-vp9-opus.webm").stat().st_size


def test_it_says_what_dominates_and_how_sure_that_is() -> None:
    result = RUN.invoke(app, ["estimate", "--minutes", "10", "--analyzer", "gemini"], env={"COLUMNS": "160"})

    assert result.exit_code == 0, result.output
    assert "is model of analyze" in result.stdout
    assert "as a job" in result.stdout
    assert "At most" in result.stdout
    assert "List prices of 202" in result.stdout
    assert "free tiers" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--minutes", "3", "--resolution", "8K"], "360p, 480p, 720p, 1080p, 2160p"),
        (["--minutes", "3", "--analyzer", "crystal-ball"], "device, gemini"),
        (["--minutes", "-1"], "0.01"),
        ([], "Name a file"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], complaint: str) -> None:
    result = RUN.invoke(app, ["estimate", *arguments], env={"COLUMNS": "300"})

    assert result.exit_code == 2
    assert complaint in result.output


def test_help_teaches() -> None:
    result = RUN.invoke(app, ["estimate", "--help"], env={"COLUMNS": "160"})

    told = " ".join(result.stdout.split())
    for words in ("automations estimate holiday.mp4", "list prices", "free tiers", "--minutes", "--resolution"):
        assert words in told, words


def test_sound_alone_takes_a_transcode_the_longer_it_is(tmp_path: Path) -> None:
    short, long = (write_wav(tmp_path / f"{s}.wav", np.zeros(16_000 * s)) for s in (60, 1200))
    took_s = [estimated(str(song))["stages"]["transcode"]["busy_s"] for song in (short, long)]
    assert took_s[1] > took_s[0] + 20


def test_sound_alone_costs_next_to_nothing(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", np.zeros(16_000 * 60))
    assert 0 < estimated(str(song))["usd"] < estimated("--minutes", "1", "--resolution", "360p")["usd"]
    assert "sound alone" in RUN.invoke(app, ["estimate", str(song)], env={"COLUMNS": "160"}).stdout
