"""Every bad input of RELIABILITY.md's section A, 1 to 22, as files built here, through the real functions."""

from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.media.hostile.case import MARKER, READY, Hostile
from tests.media.hostile.range import Range
from tests.media.hostile.suite import SUITE
from tests.media.hostile.watch import Canary, OpenWatch

_MAX_SECONDS = 30.0
_MAX_PEAK_BYTES = 1 << 30
_REFERENCES = ("A1", "A2", "A3", "A4", "A5", "A6", "A8")


@pytest.mark.reliability("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11")
@pytest.mark.reliability("A12", "A13", "A14", "A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22")
@pytest.mark.parametrize("hostile", SUITE, ids=lambda hostile: hostile.id)
def test_hostile_input(targets: Range, hostile: Hostile) -> None:
    path, before = hostile.build(targets.kit), targets.hits()
    outcome = targets.worker.upload(path, f"ann/{SUITE.index(hostile)}/{hostile.name}", hostile.stages)
    hits = targets.hits() - before
    targets.note(hostile.number, hostile.variant, outcome, hits)
    assert outcome.result in hostile.results, (outcome.detail, outcome.logs)
    assert outcome.result != READY or outcome.kind == hostile.kind
    assert outcome.seconds < _MAX_SECONDS
    assert outcome.peak_bytes < _MAX_PEAK_BYTES
    assert hits == 0


@pytest.mark.reliability("A1", "A2", "A3", "A4", "A5", "A6", "A8")
@pytest.mark.parametrize(
    "hostile",
    [one for one in SUITE if one.number in _REFERENCES and one.stages == 2],
    ids=lambda hostile: hostile.id,
)
def test_nothing_is_fetched_where_there_is_a_network(targets: Range, hostile: Hostile) -> None:
    """Of all guards, the one that the host may not have is taken away."""
    path, before = hostile.build(targets.kit), targets.hits()
    outcome = targets.online.upload(path, f"ann/{SUITE.index(hostile)}/{hostile.name}", hostile.stages)
    hits = targets.hits() - before
    targets.note(hostile.number, f"{hostile.variant}, with a network", outcome, hits)
    assert outcome.result in hostile.results
    assert hits == 0


def test_the_canaries_notice(tmp_path: Path) -> None:
    """What is asserted to be zero above counts when there is something to count."""
    path = tmp_path / "file"
    path.write_text(MARKER)
    watch, canary = OpenWatch(path), Canary()
    assert watch.read() == 0
    path.read_text()
    with pytest.raises(HTTPError):
        urlopen(canary.url + "/segment.ts", timeout=5)
    assert watch.read() >= 1
    assert canary.requests == ["/segment.ts"]
    watch.close()
    canary.close()


@pytest.mark.reliability("A2", "A17")
def test_nothing_of_the_canary_is_anywhere(targets: Range) -> None:
    """Last: neither what was stored nor what was noted holds a word of it, and no attachment was written."""
    for worker in (targets.worker, targets.online):
        for path in worker.data_dir.rglob("*"):
            assert path.name != "escaped.bin"
            if path.is_file():
                assert MARKER.encode() not in path.read_bytes(), path
    assert not list(targets.kit.folder.parent.rglob("escaped.bin"))
    assert targets.hits() == 0
