"""Hostile files, built here, go through the real functions; a table in test-results says what happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.media.hostile.case import MARKER, Kit
from tests.media.hostile.range import COLUMNS, Range
from tests.media.hostile.uploads import Worker
from tests.media.hostile.watch import Canary, OpenWatch
from tests.result_table import ResultTable


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
    table = ResultTable(tmp_path_factory, "hostile-inputs", COLUMNS, "Hostile inputs")
    yield Range(kit, canary, watch, worker, online, table, {})
    worker.close()
    online.close()
    canary.close()
    watch.close()
    table.write()
