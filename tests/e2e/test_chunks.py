"""A video in chunks through the whole embedded stack."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.identity import object_prefix
from shared.domain.records import Choice, Rendition
from shared.runtime.leftovers import clear_leftovers
from shared.settings import Settings

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations


@pytest.fixture
def longer(clip: Path, tmp_path: Path) -> Path:
    """The clip three times, with a key frame every two seconds."""
    path = tmp_path / "longer.mp4"
    looped = ["-stream_loop", "2", "-i", str(clip), "-preset", "ultrafast", "-g", "20"]
    subprocess.run([str(bundled("ffmpeg")), "-v", "error", "-nostdin", *looped, str(path)], check=True)
    return path


def test_a_video_in_chunks_becomes_ready_and_leaves_nothing(
    automations: Automations, longer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOMATIONS_ENCODING__CHUNKS", "always")
    monkeypatch.setenv("AUTOMATIONS_ENCODING__CHUNK_S", "2")
    (video,) = automations.process(longer)
    assert video["status"] == "ready"
    wiring = Bootstrap(Settings(data_dir=automations.data_dir, log_level="error"))
    (stored,) = wiring.repository.list_videos().videos
    (mode,) = (one for one in wiring.repository.records(stored, Choice) if one.subject == "mode")
    assert mode.value == "chunked: 3 x 2 s"
    assert "decoded twice" in mode.reason
    for rendition in wiring.repository.records(stored, Rendition):
        assert rendition.duration_s == pytest.approx(6.0, abs=0.1)
    listed = list(wiring.blobs.list_objects("media", object_prefix(stored.id, "chunks")))
    assert listed
    # As sweep does once no worker can be late any more.
    clear_leftovers(wiring.repository, wiring.blobs, stored, "media")
    assert not list(wiring.blobs.list_objects("media", object_prefix(stored.id, "chunks")))
