"""Simulates anew and writes ``results.json`` and the pictures: ``python -m infra.cost``."""

from __future__ import annotations

import json

from infra.cost.plots import draw
from infra.cost.report import RESULTS, results, stored_results


def main() -> None:
    """Runs the command line."""
    RESULTS.write_text(json.dumps(results(), indent=1) + "\n", encoding="utf-8")
    draw(stored_results())


if __name__ == "__main__":
    main()
