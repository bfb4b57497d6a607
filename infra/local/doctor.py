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
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from functions.segment.strategies import SEGMENTERS
from functions.transcode.strategies import LADDERS

from functions.analyze.strategies import ANALYZERS
from functions.tag.strategies import TAGGERS
from infra.local.data_dir import DataDirInUse, DataDirLock
from infra.local.session import open_deployment
from shared.adapters.binaries import bundled, executable
from shared.adapters.sandbox import network_is_cut
from shared.bootstrap import Bootstrap
from shared.domain.errors import PipelineError

__all__ = ["Check", "Verdict", "examine"]

Verdict: TypeAlias = Literal["ok", "warning", "missing"]

SAFE_FFMPEG = (8, 1, 2)
"""Older ones have CVE-2026-8461, a memory error that a crafted file can use."""

ENOUGH_DISK_BYTES = 5 * 2**30
ENOUGH_OPEN_FILES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at.

    Attributes:
        name: What.
        verdict: ``missing`` means that the pipeline can't work.
        found: What was found, or what is wrong and how to mend it.
    """

    name: str
    verdict: Verdict
    found: str


def examine(data_dir: Path | None) -> Iterator[Check]:
    """Yields one check after the other.

    Args:
        data_dir: The data folder; None takes the one the settings name.
    """
    yield _try("Python", _python)
    try:
        wiring = open_deployment(data_dir)
    except (PipelineError, OSError) as error:
        yield Check(name="Settings", verdict="missing", found=str(error))
        return
    yield _try("Settings and pipeline", lambda: _settings(wiring))
    settings = wiring.settings
    for name, chosen in (
        ("ffmpeg", settings.ffmpeg),
        ("ffprobe", settings.ffprobe),
        ("packager", settings.packager),
    ):
        yield _try(name, lambda name=name, chosen=chosen: _program(name, chosen))
    yield _try("Sandbox", _sandbox)
    for name, touch in (
        ("Text reader", lambda: wiring.text_reader),
        ("Speech detector", lambda: wiring.speech_detector),
        ("Transcriber", lambda: wiring.transcriber),
    ):
        yield _try(name, lambda name=name, touch=touch: _model(name, touch))
    yield _try("Full-text search", _full_text_search)
    yield _try("Data folder", lambda: _data_dir(settings.data_dir))
    yield _try("Machine", _machine)


def _try(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except (PipelineError, OSError, subprocess.SubprocessError) as error:
        return Check(name=name, verdict="missing", found=str(error))


def _python() -> Check:
    return Check(name="Python", verdict="ok", found=f"{platform.python_version()} on {platform.platform()}")


def _settings(wiring: Bootstrap) -> Check:
    settings = wiring.settings
    LADDERS.create(settings.ladder, wiring)
    for registry, names in (
        (SEGMENTERS, settings.segmenters),
        (ANALYZERS, settings.analyzers),
        (TAGGERS, settings.taggers),
    ):
        for name in names:
            registry.create(name, wiring)
    stages = " > ".join(spec.stage for spec in wiring.flow.stages)
    return Check(name="Settings and pipeline", verdict="ok", found=stages)


def _program(name: str, chosen: Path | None) -> Check:
    program = executable(chosen) if chosen else bundled(name)
    flag = "--version" if name == "packager" else "-version"
    run = subprocess.run([program, flag], capture_output=True, text=True, check=True, timeout=20)
    version = next(iter((run.stdout or run.stderr).splitlines()), "")
    numbers = re.search(r"version n?(\d+)\.(\d+)(?:\.(\d+))?", version)
    if name != "packager" and numbers and tuple(int(number or 0) for number in numbers.groups()) < SAFE_FFMPEG:
        return Check(
            name=name,
            verdict="warning",
            found=f"{version} ({program}) has CVE-2026-8461; use 8.1.2 or newer, or leave "
            f"AUTOMATIONS_{name.upper()} unset to take the bundled one.",
        )
    return Check(name=name, verdict="ok", found=f"{version.partition(' Copyright')[0]} ({program})")


def _sandbox() -> Check:
    if network_is_cut():
        return Check(name="Sandbox", verdict="ok", found="tools run without network")
    return Check(
        name="Sandbox",
        verdict="warning",
        found="this system does not let tools be cut off from the network (no user namespaces); "
        "protocol allow-lists still hold.",
    )


def _model(name: str, touch: Callable[[], object]) -> Check:
    return Check(name=name, verdict="ok", found=f"{getattr(touch(), 'name', '')} is there".strip())


def _full_text_search() -> Check:
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
        except sqlite3.OperationalError as error:
            return Check(
                name="Full-text search",
                verdict="missing",
                found=f"Python's SQLite has no FTS5 ({error}); use a Python whose SQLite has it, such as uv's.",
            )
    return Check(name="Full-text search", verdict="ok", found=f"SQLite {sqlite3.sqlite_version} with FTS5")


def _data_dir(folder: Path) -> Check:
    with tempfile.TemporaryFile(dir=folder):
        pass
    free_bytes = shutil.disk_usage(folder).free
    found = f"{folder}, {free_bytes / 2**30:.1f} GiB free"
    if free_bytes < ENOUGH_DISK_BYTES:
        return Check(
            name="Data folder",
            verdict="warning",
            found=f"{found}; free some, videos take a multiple of their size",
        )
    try:
        with DataDirLock(folder):
            return Check(name="Data folder", verdict="ok", found=found)
    except DataDirInUse:
        return Check(name="Data folder", verdict="ok", found=f"{found}; another automations process works on it")


def _machine() -> Check:
    open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = f"{os.cpu_count()} cores, {memory_bytes / 2**30:.1f} GiB memory, {open_files} open files"
    if open_files < ENOUGH_OPEN_FILES:
        return Check(
            name="Machine",
            verdict="warning",
            found=f"{found}; raise the limit with `ulimit -n {ENOUGH_OPEN_FILES}`",
        )
    return Check(name="Machine", verdict="ok", found=found)
