"""Cold start: how long each function takes to import, over bare functions-framework."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.pipeline import load_flow

ROOT = Path(__file__).parents[2]
RUNS = 7

pytestmark = pytest.mark.bench


def import_s(module: str) -> float:
    """Returns the seconds a fresh interpreter takes to import a module, its own start included."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, check=True)
    return time.perf_counter() - started


def test_import_over_bare_framework() -> None:
    functions = [*(spec.stage for spec in load_flow().stages), "sweep", "api"]
    modules = ["functions_framework", *(f"functions.{name}.main" for name in functions)]
    # Interleaved, so that a slow moment of the machine hits all of them alike.
    samples: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(RUNS):
        for module in modules:
            samples[module].append(import_s(module))
    bare_s = statistics.median(samples.pop("functions_framework"))
    print(f"\nimport over bare functions-framework ({bare_s:.2f} s), median of {RUNS}")
    for module, times in samples.items():
        print(f"  {module:28} {statistics.median(times) / bare_s:.2f}")
