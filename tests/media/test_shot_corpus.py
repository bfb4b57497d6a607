"""How well shots are found in hundreds of edits that are made by chance, and known to the frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from shared.testing.stage_context import FakeStageContext
from tests.media.edits.corpus import make_clip, write_clip
from tests.media.edits.detecting import KINDS, count, segments_in
from tests.media.edits.scoring import Tally
from tests.media.edits.stock import take_stock
from tests.result_table import ResultTable

SEED = 11
CLIPS = 33


@pytest.fixture(scope="module")
def tallies(real_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Tally]:
    """What was found of each kind of edit, in all clips."""
    stock, context = take_stock(real_media), FakeStageContext(folder=tmp_path_factory.mktemp("corpus"))
    found, incidents = {kind: Tally() for kind in KINDS}, Counter[str]()
    for number in range(CLIPS):
        clip, path = make_clip(SEED, number, stock), context.workspace / f"{number}.mp4"
        quality = int(np.random.default_rng([SEED, number]).integers(16, 27))
        write_clip(clip, path, quality)
        count(found, clip.name, segments_in(path, context), clip.edits)
        incidents.update(clip.incidents)
    assert sum(tally.hits + len(tally.missed) for tally in found.values()) >= 300
    assert sum(incidents.values()) >= 25
    table = ResultTable(
        tmp_path_factory, "shots", ("kind", "edits", "F1", "precision", "recall"), "Shots: edits made by chance"
    )
    for kind, tally in found.items():
        table.add(kind, str(tally.hits + len(tally.missed)), *tally.cells)
    table.write()
    return found


@pytest.mark.parametrize(("kind", "least"), [("cut", 0.95), ("fade", 0.85), ("dissolve", 0.85), ("wipe", 0.65)])
def test_edits_are_found(tallies: Mapping[str, Tally], kind: str, least: float) -> None:
    tally = tallies[kind]
    assert tally.f1 >= least, (tally.false, tally.missed)
