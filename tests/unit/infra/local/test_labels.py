from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from infra.local.cli import app
from shared.bootstrap import Bootstrap
from shared.domain.video import TagEdit, Video
from shared.runtime.editing import edit_video
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.videos import tag

SNOW = TagEdit(label="schnee ❄", kind="topic", present=True, by="ann")
TRAIN = TagEdit(label="train", kind="object", present=False, by="ann", found=tag("train"))


def test_every_correction_is_a_line(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path))
    driver = VideoDriver(wiring.repository)
    video = driver.finish(driver.upload())

    def say(seen: Video) -> Video:
        return replace(seen, tag_edits=(SNOW, TRAIN))

    edit_video(driver.repository, driver.lifecycle, driver.clock, video.id, say)
    wiring.close()

    run = CliRunner().invoke(app, ["labels", "export", "--data-dir", str(tmp_path)])
    assert run.exit_code == 0, run.output
    added, rejected = (json.loads(line) for line in run.stdout.splitlines())
    assert (added["label"], added["verdict"], added["video_id"]) == ("schnee ❄", "added", video.id)
    assert (rejected["verdict"], rejected["kind"]) == ("rejected", "object")
    assert rejected["evidence"][0]["quote"] == "train"

    file = tmp_path / "labels.jsonl"
    run = CliRunner().invoke(app, ["labels", "export", "-o", str(file), "--data-dir", str(tmp_path)])
    assert (run.exit_code, len(file.read_text(encoding="utf-8").splitlines())) == (0, 2)
