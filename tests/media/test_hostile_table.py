"""Every bad input of RELIABILITY.md's section A, 1 to 24, as files built here, through the real functions.

Leaves test-results/hostile-inputs.md: what each became, how long it took, and how much memory its tools had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.media.hostile.case import MARKER, Hostile, Kit
from tests.media.hostile.suite import SUITE
from tests.media.hostile.uploads import Outcome, Worker
from tests.media.hostile.watch import Canary, OpenWatch

_TABLE = Path(__file__).parents[2] / "test-results" / "hostile-inputs.md"
_MAX_SECONDS = 30.0
_MAX_PEAK_BYTES = 1 << 30
_REFERENCES = ("A1", "A2", "A3", "A4", "A5", "A6", "A8")
_COLUMNS = ("number", "variant", "result", "seconds", "peak MiB", "tools", "canary hits")


@dataclass
class Range:
    """Where hostile files are tried.

    Attributes:
        kit: Builds them.
        canary: The server.
        watch: The file.
        worker: The deployment, with all guards.
        online: Another one, whose tools keep the network.
        rows: The table.
    """

    kit: Kit
    canary: Canary
    watch: OpenWatch
    worker: Worker
    online: Worker
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def hits(self) -> int:
        """Returns how often the canaries were touched, by anything, since the range was made."""
        self.watch.read()
        return len(self.canary.requests) + self.watch.hits

    def note(self, number: str, variant: str, outcome: Outcome, hits: int) -> None:
        """Adds a row."""
        peak = f"{outcome.peak_bytes / 2**20:.0f}" if outcome.tools else "-"
        caveats = "".join(f" ({code})" for code in outcome.caveats)
        result = f"{outcome.result}{caveats}"
        self.rows.append((number, variant, result, f"{outcome.seconds:.2f}", peak, str(outcome.tools), str(hits)))


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
    here = Range(kit, canary, watch, worker, online)
    yield here
    worker.close()
    online.close()
    canary.close()
    watch.close()
    if here.rows:
        _TABLE.parent.mkdir(exist_ok=True)
        _TABLE.write_text(_table(here.rows))


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = ["# Hostile inputs", "", "| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


@pytest.mark.reliability(
    *("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12"),
    *("A13", "A14", "A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22"),
)
@pytest.mark.parametrize("hostile", SUITE, ids=lambda hostile: hostile.id)
def test_hostile_input(targets: Range, hostile: Hostile) -> None:
    path, before = hostile.build(targets.kit), targets.hits()
    outcome = targets.worker.upload(path, f"ann/{SUITE.index(hostile)}/{hostile.name}")
    hits = targets.hits() - before
    targets.note(hostile.number, hostile.variant, outcome, hits)
    assert outcome.result in hostile.results, (outcome.detail, outcome.logs)
    assert outcome.seconds < _MAX_SECONDS
    assert outcome.peak_bytes < _MAX_PEAK_BYTES
    assert hits == 0
