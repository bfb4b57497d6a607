"""Some files of the matrix, one of each kind, through the command line from upload to tags."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_real_media import ROOT, found, said
from tests.media.matrix_files import make
from tests.media.matrix_rows import ROWS

NAMES = (
    *("turned90.mp4", "interlaced-tff-unsaid.mp4", "hdr10.mp4", "h264-ac3-without-times.avi"),
    "alpha-vp9.webm",
)


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Returns the data folder and the videos, after one `automations process` of all files."""
    folder = tmp_path_factory.mktemp("formats")
    rows = {row.name: row for row in ROWS}
    files = [make(rows[name], folder) for name in NAMES]
    command = [
        sys.executable,
        "-m",
        "infra.local.cli",
        "process",
        "--json",
        "--data-dir",
        str(folder / "data"),
        "--",
    ]
    run = subprocess.run([*command, *map(str, files)], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    return folder / "data", json.loads(run.stdout)


def test_all_are_ready(processed: tuple[Path, list[dict[str, Any]]]) -> None:
    videos = {video["source"]["name"]: video for video in processed[1]}
    assert sorted(videos) == sorted(NAMES)
    for name, video in videos.items():
        assert video["status"] == "ready", (name, video["failure"])


def test_renditions_are_what_is_said_of_them(processed: tuple[Path, list[dict[str, Any]]]) -> None:
    data_dir, videos = processed
    shown = {row.name: row.shown or row.size for row in ROWS}
    for video in videos:
        name = video["source"]["name"]
        for rendition in video["renditions"]:
            path = data_dir / rendition["object"]["bucket"] / rendition["object"]["name"]
            assert said(rendition) == found(path, rendition["kind"]), (name, rendition["name"])
        top = next(rendition for rendition in video["renditions"] if rendition["kind"] == "video")
        assert (top["width"], top["height"]) == shown[name]
