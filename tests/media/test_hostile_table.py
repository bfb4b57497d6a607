"""Every bad input of RELIABILITY.md's section A, 1 to 24, as files built here, through the real functions.

Leaves test-results/hostile-inputs.md: what each became, how long it took, and how much memory its tools had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.media.hostile.case import MARKER, READY, Hostile, Kit
from tests.media.hostile.damage import CONTAINERS, DAMAGED, cut, damaged, whole
from tests.media.hostile.suite import SUITE
from tests.media.hostile.uploads import Outcome, Worker
from tests.media.hostile.watch import Canary, OpenWatch
from tests.result_table import ResultTable

_MAX_SECONDS = 30.0
_MAX_PEAK_BYTES = 1 << 30
_REFERENCES = ("A1", "A2", "A3", "A4", "A5", "A6", "A8")
_COLUMNS = ("number", "variant", "result", "code", "seconds", "peak MiB", "tools", "canary hits")


@dataclass
class Range:
    """Where hostile files are tried.

    Attributes:
        kit: Builds them.
        canary: The server.
        watch: The file.
        worker: The deployment, with all guards.
        online: Another one, whose tools keep the network.
        table: What is noted.
        clean: What undamaged files became, by name.
    """

    kit: Kit
    canary: Canary
    watch: OpenWatch
    worker: Worker
    online: Worker
    table: ResultTable
    clean: dict[str, Outcome]

    def hits(self) -> int:
        """Returns how often the canaries were touched, by anything, since the range was made."""
        self.watch.read()
        return len(self.canary.requests) + self.watch.hits

    def media(self, outcome: Outcome) -> dict[str, bytes]:
        """Returns what an upload is played from."""
        stored = outcome.renditions.items()
        return {name: self.worker.data_dir.joinpath(*place).read_bytes() for name, place in stored}

    def note(self, number: str, variant: str, outcome: Outcome, hits: int) -> None:
        """Adds a row."""
        peak = f"{outcome.peak_bytes / 2**20:.0f}" if outcome.tools else "-"
        ready = outcome.result == READY
        code = ", ".join(outcome.caveats) if ready else outcome.result
        result = (
            f"ready ({outcome.kind})" if outcome.kind == "audio" and ready else "ready" if ready else "refused"
        )
        figures = f"{outcome.seconds:.2f}", peak, str(outcome.tools), str(hits)
        self.table.add(f"{number[0]}{int(number[1:]):02}", variant, result, code or "-", *figures)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    folder = tmp_path_factory.mktemp("hostile")
    files = folder / "files"
    files.mkdir()
    canary = Canary()
    kit = Kit(files, canary.url, folder / "canary.ts")
    made = kit.make("canary.ts", "-i", str(kit.clip()), "-c", "copy", "-metadata", f"service_name={MARKER}")
    kit.secret.write_bytes(made.read_bytes() + MARKER.encode())
    watch = OpenWatch(kit.secret)
    worker, online = Worker(folder / "data"), Worker(folder / "online", network=True)
    table = ResultTable(tmp_path_factory, "hostile-inputs", _COLUMNS, "Hostile inputs")
    yield Range(kit, canary, watch, worker, online, table, {})
    worker.close()
    online.close()
    canary.close()
    watch.close()
    table.write()


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


@pytest.mark.reliability("A23")
@pytest.mark.parametrize("share", [0.1, 0.37, 0.66, 0.9, 0.98])
@pytest.mark.parametrize("name", CONTAINERS)
def test_nothing_gets_shorter_unnoticed(targets: Range, name: str, share: float) -> None:
    """Whole within a hundredth, or refused, or ready with a caveat where no header says how long it should be."""
    source = whole(targets.kit, name, CONTAINERS[name])
    outcome = targets.worker.upload(cut(targets.kit, source, share), f"ann/cut-{share}/{name}")
    targets.note("A23", f"{name} cut at {share:.0%}", outcome, 0)
    assert not outcome.result.startswith("put off"), (outcome.result, outcome.logs)
    if outcome.result == "ready" and not outcome.caveats:
        assert outcome.duration_s > 2.0 * 0.99


@pytest.mark.reliability("A24")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_never_silent(targets: Range, name: str, seed: int) -> None:
    """A hole of a kilobyte: refused, or said; where nothing is said, every picture and sound is as it was."""
    source = whole(targets.kit, name, DAMAGED[name])
    if name not in targets.clean:
        targets.clean[name] = targets.worker.upload(source, f"ann/clean/{name}")
    clean = targets.clean[name]
    outcome = targets.worker.upload(damaged(targets.kit, source, seed, 1024), f"ann/damaged-{seed}/{name}")
    targets.note("A24", f"1 kB of {name} damaged, {seed}", outcome, 0)
    assert clean.result == "ready"
    assert not clean.caveats, clean.logs
    assert not outcome.result.startswith("put off"), (outcome.result, outcome.logs)
    if outcome.result == "ready" and not outcome.caveats:
        assert targets.media(outcome) == targets.media(clean)
        assert outcome.frames == clean.frames


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
