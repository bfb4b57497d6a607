"""Finds out whether this machine has what the pipeline needs, and says how to get what is missing."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

from infra.local.check import Check, Verdict
from infra.local.emulators import missing_emulators
from infra.local.session import open_deployment, unknown_settings
from infra.local.strategies import build_selected, every_strategy
from shared.adapters.binaries import bundled, executable
from shared.adapters.gemini.prices import price_of
from shared.adapters.sandbox import network_is_cut
from shared.bootstrap import Bootstrap
from shared.domain.errors import PipelineError
from shared.domain.spending import day_pot, usd_text
from shared.processors.allowance import committed_usd
from shared.processors.registry import OWN_PACKAGE

__all__ = ["examine"]

Look: TypeAlias = Callable[[], tuple[Verdict, str]]

SAFE_FFMPEG = (8, 1, 2)
"""Older ones have CVE-2026-8461, a memory error that a crafted file can use."""

ENOUGH_DISK_BYTES = 5 * 2**30
ENOUGH_OPEN_FILES = 512

_NEARLY_ALL = 0.9
"""Of a day's budget; then videos are about to be shown to cheaper models."""


def examine(data_dir: Path | None) -> Iterator[Check]:
    """Yields one check after the other.

    Args:
        data_dir: The data folder; None takes the one the settings name.
    """
    yield _check("Python", lambda: ("ok", f"{platform.python_version()} on {platform.platform()}"))
    try:
        wiring = open_deployment(data_dir)
    except (PipelineError, OSError) as error:
        yield Check(name="Settings", verdict="missing", found=str(error))
        return
    settings = wiring.settings
    looks: dict[str, Look] = {
        "Settings": _settings,
        "Pipeline": partial(_pipeline, wiring),
        "Plugins": partial(_plugins, wiring),
        "ffmpeg": partial(_program, "ffmpeg", settings.ffmpeg),
        "ffprobe": partial(_program, "ffprobe", settings.ffprobe),
        "Shaka Packager": partial(_program, "packager", settings.packager),
        "Sandbox": _sandbox,
        "Full-text search": _full_text_search,
        "Data folder": partial(_data_dir, settings.data_dir),
        "Videos": partial(_videos, wiring),
        "Budget of models": partial(_budget, wiring),
        "Emulators": _emulators,
        "Machine": _machine,
    }
    for name, look in looks.items():
        yield _check(name, look)


def _check(name: str, look: Look) -> Check:
    try:
        verdict, found = look()
    except (PipelineError, OSError, subprocess.SubprocessError) as error:
        verdict, found = "missing", str(error)
    return Check(name=name, verdict=verdict, found=found)


def _settings() -> tuple[Verdict, str]:
    unknown = unknown_settings()
    return ("warning", " ".join(unknown)) if unknown else ("ok", "every AUTOMATIONS_ variable is one")


def _pipeline(wiring: Bootstrap) -> tuple[Verdict, str]:
    """Builds every strategy that the settings name, with the models it loads."""
    build_selected(wiring.settings, wiring)
    stages = " > ".join(spec.stage for spec in wiring.flow.stages)
    return "ok", f"{stages}, with all strategies and models"


def _plugins(wiring: Bootstrap) -> tuple[Verdict, str]:
    """Looks at the strategies that packages bring; selected ones that can't be used make the pipeline fail."""
    found = [each for each, _ in every_strategy(wiring.settings) if each.package not in {OWN_PACKAGE, ""}]
    if not found:
        return "ok", "none from other packages"
    names = ", ".join(f"{each.kind} {each.name} {each.version} ({each.package})" for each in found)
    problems = [f"{each.kind} {each.name} ({each.package}): {each.problem}" for each in found if each.problem]
    return ("warning", " ".join(problems)) if problems else ("ok", names)


def _program(name: str, chosen: Path | None) -> tuple[Verdict, str]:
    program = executable(chosen) if chosen else bundled(name)
    flag = "--version" if name == "packager" else "-version"
    run = subprocess.run([program, flag], capture_output=True, text=True, check=True, timeout=20)
    version = next(iter((run.stdout or run.stderr).splitlines()), "").partition(" Copyright")[0]
    numbers = re.search(r"^ff\w+ version n?(\d+)\.(\d+)(?:\.(\d+))?", version)
    if numbers and tuple(int(number or 0) for number in numbers.groups()) < SAFE_FFMPEG:
        return "warning", (
            f"{version} ({program}) has CVE-2026-8461; use 8.1.2 or newer, or leave "
            f"AUTOMATIONS_{name.upper()} unset to take the bundled one."
        )
    return "ok", f"{version} ({program})"


def _sandbox() -> tuple[Verdict, str]:
    if network_is_cut():
        return "ok", "tools run without network"
    return "warning", (
        "this system does not let tools be cut off from the network (it has no user namespaces); "
        "the allow-lists of protocols still hold"
    )


def _full_text_search() -> tuple[Verdict, str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
        except sqlite3.OperationalError as error:
            return (
                "missing",
                f"Python's SQLite has no FTS5 ({error}); use a Python whose SQLite has it, as uv's do.",
            )
    return "ok", f"SQLite {sqlite3.sqlite_version} with FTS5"


def _data_dir(folder: Path) -> tuple[Verdict, str]:
    with tempfile.TemporaryFile(dir=folder):
        pass  # It can be written to.
    free_bytes = shutil.disk_usage(folder).free
    found = f"{folder}, {free_bytes / 2**30:.1f} GiB free"
    if free_bytes < ENOUGH_DISK_BYTES:
        return "warning", f"{found}; free some, since a video takes several times its size"
    return "ok", found


def _videos(wiring: Bootstrap) -> tuple[Verdict, str]:
    """Looks a video up that is not there, wherever the settings say that videos are."""
    wiring.repository.get("doctor")
    settings = wiring.settings
    if settings.database_url is not None:
        return "ok", "kept in the SQL database that the settings name, which answers"
    if settings.platform == "google":
        database = f"Firestore ({settings.project}, {settings.firestore_database})"
        return "ok", f"kept in {database}, which answers; `doctor --cloud` looks at everything there"
    return "ok", f"kept in {settings.data_dir / 'videos.db'}"


def _budget(wiring: Bootstrap) -> tuple[Verdict, str]:
    """Tells how much of today's is left, and what no budget counts."""
    settings = wiring.settings
    limits, gemini = settings.budget, settings.gemini
    if "gemini" not in settings.analyzers:
        return "ok", "no analyzer asks a model"
    if price_of(gemini.model, gemini.location) is None:
        return "warning", f"no list price is known for {gemini.model} in {gemini.location}: no budget counts it"
    if not limits.any:
        return "warning", "nothing limits what models cost; set AUTOMATIONS_BUDGET__DAY_USD"
    if not limits.day_usd:
        return "ok", "limited for each video or owner; AUTOMATIONS_BUDGET__DAY_USD limits all of them"
    used = committed_usd(day_pot(limits, wiring.clock.now()), wiring.documents)
    found = f"{usd_text(used)} of {usd_text(limits.day_usd)} are used today"
    return ("warning" if used > limits.day_usd * _NEARLY_ALL else "ok"), found


def _emulators() -> tuple[Verdict, str]:
    missing = missing_emulators()
    if missing is not None:
        return "warning", f"`up --on emulators` won't work, everything else does. {missing}"
    return "ok", "Firestore, Pub/Sub and Cloud Storage can be emulated"


def _machine() -> tuple[Verdict, str]:
    open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = f"{os.cpu_count()} cores, {memory_bytes / 2**30:.1f} GiB memory, {open_files} open files"
    if open_files < ENOUGH_OPEN_FILES:
        return "warning", f"{found}; raise the limit with `ulimit -n {ENOUGH_OPEN_FILES}`"
    return "ok", found
