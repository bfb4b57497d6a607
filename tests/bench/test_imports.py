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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.pipeline import load_flow

ROOT = Path(__file__).parents[2]
ROUNDS = 9

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
ALL = ("firestore", "storage", "pubsub")
NEEDED = {"api": ("firestore", "storage")}
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


def measured(programs: Mapping[str, str], folder: Path) -> dict[str, Start]:
    """Returns the medians; forth and back in turn, so that a drift of the machine hits all alike."""
    for program in programs.values():
        start(program, folder)  # compiles the bytecode
    samples: dict[str, list[Start]] = {name: [] for name in programs}
    for number in range(ROUNDS):
        for name in list(programs)[:: 1 if number % 2 == 0 else -1]:
            samples[name].append(start(programs[name], folder))
    return {
        name: Start(*(statistics.median(values) for values in zip(*taken, strict=True)))
        for name, taken in samples.items()
    }


def row(name: str, ours: Start, bare: Start) -> str:
    ratios = (f"{mine / base:8.2f}" for mine, base in zip(ours, bare, strict=True))
    return f"  {name:24}{'  '.join(ratios)}   {ours.cpu_s:.3f} s  {ours.memory_mib:.0f} MiB"


def test_cold_start_over_framework_and_clients(tmp_path: Path) -> None:
    names = [*(spec.stage for spec in load_flow().stages), "sweep", "api"]
    bases = {name: NEEDED.get(name, ALL) for name in names}
    programs = {f"{name}": function(name) for name in names}
    programs |= {"/".join(clients): baseline(clients) for clients in bases.values()}
    programs |= {f"{name}+": baseline(bases[name], modules) for name, modules in COMPUTES_WITH.items()}
    found = measured(programs, tmp_path)
    bare = found["/".join(ALL)]
    print(f"\ncold start over functions-framework and clients ({bare.cpu_s:.3f} CPU-s, {bare.wall_s:.3f} s, "
          f"{bare.memory_mib:.0f} MiB; median of {ROUNDS})")  # fmt: skip
    print(f"  {'':24}{'CPU':>8}  {'wall':>8}  {'memory':>8}")
    for name in names:
        print(row(name, found[name], found["/".join(bases[name])]))
        if name in COMPUTES_WITH:
            print(row(f"  with {', '.join(COMPUTES_WITH[name])}", found[name], found[f"{name}+"]))
