"""Slides are shots: decks made by chance, encoded at low and usual frame rates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shared.adapters.binaries import bundled
from shared.testing.stage_context import FakeStageContext
from tests.media.edits.decks import Deck, make_deck
from tests.media.edits.detecting import begins, segments_in
from tests.media.edits.scoring import Tally, count_cuts

_DECKS = 10


def write(deck: Deck, fps: int, path: Path) -> None:
    """Writes a deck as MP4, each of its pictures shown for a second."""
    rows, columns = deck.pictures.shape[1:3]
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{columns}x{rows}", "-r", "1", "-i", "-"]
    command += ["-r", str(fps), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "26"]
    subprocess.run([*command, str(path)], input=deck.pictures.tobytes(), check=True, timeout=120)


@pytest.mark.parametrize(("fps", "least"), [(1, 0.75), (10, 0.8)])
def test_another_slide_is_another_shot(fps: int, least: float, tmp_path: Path) -> None:
    """At one frame a second a line that is added looks like motion, which hides a few slides."""
    context, tally = FakeStageContext(folder=tmp_path), Tally()
    for seed in range(_DECKS):
        deck, path = make_deck(seed), tmp_path / f"{seed}.mp4"
        write(deck, fps, path)
        found = begins(segments_in(path, context), "cut")
        count_cuts(tally, f"deck {seed}", found, [at * fps for at in deck.begins])
    assert tally.f1 >= least, (tally.false, tally.missed)
    assert not tally.false
