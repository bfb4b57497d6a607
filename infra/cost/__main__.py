"""Simulates anew and writes ``results.json`` and the pictures: ``python -m infra.cost``."""

from __future__ import annotations

import json

from functions.transcode.strategies import LADDERS
from infra.cost.plots import draw
from infra.cost.report import RESULTS, results, stored_results
from shared.bootstrap import Bootstrap
from shared.settings import Settings


def main() -> None:
    """Runs the command line."""
    wiring = Bootstrap(Settings())
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    RESULTS.write_text(json.dumps(results(ladder), indent=1) + "\n", encoding="utf-8")
    draw(stored_results())


if __name__ == "__main__":
    main()
