"""Cold start: what each function takes to be imported and built, over what it can't do without.

The baseline is functions-framework and the Google clients that the function builds, made the same way. What a
function computes with (numpy, OpenCV) is not in it; a second ratio counts that as needed too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.adapters.signing_key import SigningKey
from shared.pipeline import load_flow

ROOT = Path(__file__).parents[2]
ROUNDS = 7

pytestmark = pytest.mark.bench

# Nothing connects: the emulators' addresses make Google's clients do without credentials.
NOWHERE = {
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:9",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
}
CLIENTS = {
    "firestore": "from google.cloud.firestore import Client; Client(project='demo', database='(default)')",
    "storage": "from google.cloud.storage import Client; Client(project='demo')",
    "pubsub": "from google.pubsub_v1 import PublisherClient; PublisherClient()",
}
SIGNING_KEY = SigningKey.generate().pem()
COMPUTES_WITH = {"segment": ("numpy",), "analyze": ("numpy", "cv2")}

# The peak of this program alone: getrusage() would give that of whoever forked it, if that is more.
MEASURED = """
import json, pathlib, time
peak = next(line for line in pathlib.Path("/proc/self/status").open() if line.startswith("VmHWM"))
print(json.dumps([time.process_time(), time.perf_counter() - started, int(peak.split()[1]) / 1024]))
"""


class Start(NamedTuple):
    """CPU-seconds, wall seconds and peak resident MiB of a fresh interpreter."""

    cpu_s: float
    wall_s: float
    memory_mib: float


def start(program: str, folder: Path) -> Start:
    """Runs a program in a fresh interpreter, with compiled bytecode as in an image that was built with it."""
    without = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    environment = inherited | NOWHERE | {
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "AUTOMATIONS_PLATFORM": "google",
        "AUTOMATIONS_PROJECT": "demo",
        "AUTOMATIONS_DATA_DIR": str(folder / "data"),
        "AUTOMATIONS_AUTH__ISSUER": "https://issuer.example",
        "AUTOMATIONS_SIGNING_KEY": SIGNING_KEY,
    }  # fmt: skip
    command = [sys.executable, "-c", f"import time; started = time.perf_counter()\n{program}\n{MEASURED}"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return Start(*json.loads(ended.stdout))


def function(name: str) -> str:
    build = "main._app()" if name == "api" else "main.endpoint()"
    if name == "sweep":  # takes its parts at its first delivery
        build += "; wiring = main.Bootstrap(); wiring.repository; wiring.blobs; wiring.bus"
    return f"import functions.{name}.main as main; {build}"


def baseline(clients: Sequence[str], modules: Sequence[str] = ()) -> str:
    return "\n".join(
        [
            "import functions_framework",
            *(CLIENTS[name] for name in clients),
            *(f"import {name}" for name in modules),
        ]
    )


def median(starts: Sequence[Start]) -> Start:
    return Start(*(statistics.median(values) for values in zip(*starts, strict=True)))


def compared(ours: str, bare: str, folder: Path) -> tuple[Start, Start, Start]:
    """Returns the medians of ours over bare, of ours, and of bare.

    Each ratio is of neighbours (bare, ours, ours, bare), so that a slow moment of the machine hits both alike.
    """
    for program in (ours, bare):
        start(program, folder)  # compiles the bytecode
    ratios, mine, base = [], [], []
    for _ in range(ROUNDS):
        before, first, second, after = (start(program, folder) for program in (bare, ours, ours, bare))
        pairs = zip(before, first, second, after, strict=True)
        ratios.append(Start(*((b + c) / (a + d) for a, b, c, d in pairs)))
        mine += [first, second]
        base += [before, after]
    return median(ratios), median(mine), median(base)


def row(name: str, ratio: Start, ours: Start, bare: Start) -> str:
    return (
        f"  {name:22}{ratio.cpu_s:7.2f}{ratio.wall_s:8.2f}{ratio.memory_mib:8.2f}"
        f"     {ours.cpu_s * 1000:3.0f} over {bare.cpu_s * 1000:3.0f} ms"
        f"    {ours.memory_mib:3.0f} over {bare.memory_mib:2.0f} MiB"
    )


def test_cold_start_over_framework_and_clients(tmp_path: Path) -> None:
    print(f"\ncold start over functions-framework and Google's clients, median of {ROUNDS} x 2")
    print(f"  {'':22}{'CPU':>7}{'wall':>8}{'memory':>8}")
    for name in [*(spec.stage for spec in load_flow().stages), "sweep", "api"]:
        print(row(name, *compared(function(name), baseline(tuple(CLIENTS)), tmp_path)))
        if name in COMPUTES_WITH:
            modules = COMPUTES_WITH[name]
            found = compared(function(name), baseline(tuple(CLIENTS), modules), tmp_path)
            print(row(f"  and {', '.join(modules)}", *found))
