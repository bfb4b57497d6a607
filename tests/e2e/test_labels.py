"""`automations labels export`: what people said, as lines that programs read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.bootstrap import Bootstrap
from shared.domain.video import TagEdit, Video
from shared.runtime.editing import edit_video
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.videos import tag

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

SNOW = TagEdit(label="schnee ❄", kind="topic", present=True, by="ann")
TRAIN = TagEdit(label="train", kind="object", present=False, by="ann", found=tag("train"))


@pytest.fixture
def corrected(automations: Automations, tmp_path: Path) -> Automations:
    """The command line over a video whose tags somebody has corrected."""
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))
    wiring.settings.data_dir.mkdir()
    driver = VideoDriver(wiring.repository)
    video = driver.finish(driver.upload())

    def say(seen: Video) -> Video:
        return replace(seen, tag_edits=(SNOW, TRAIN))

    edit_video(driver.repository, driver.lifecycle, driver.clock, video.id, say)
    wiring.close()
    return replace(automations, data_dir=tmp_path / "data")


def test_every_correction_is_a_line(corrected: Automations, tmp_path: Path) -> None:
    added, rejected = (json.loads(line) for line in corrected.run("labels export").splitlines())
    assert (added["label"], added["verdict"]) == ("schnee ❄", "added")
    assert (rejected["verdict"], rejected["kind"]) == ("rejected", "object")
    assert rejected["evidence"][0]["quote"] == "train"

    file = tmp_path / "labels.jsonl"
    assert corrected.run("labels export", "-o", file).startswith("2 labels in ")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2
