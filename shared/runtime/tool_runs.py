"""The programs of an attempt, for its record: each one's run, and what very many runs of a kind took together."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import PurePath
from typing import Final, TypeAlias

from shared.domain.attempt import ToolRun

__all__ = ["ToolRuns"]

_EACH: Final = 4
"""Runs of a kind that are told one by one. A film in a thousand chunks has thousands, and a record of megabytes
would neither be read by anybody nor fit one commit."""

_Kind: TypeAlias = tuple[str, ...]


class ToolRuns:
    """Keeps the first runs of a kind, and adds all others up in one more; no CPU-second is lost.

    Two runs are of a kind if the same program got the same options, whatever their values. Safe to use from
    several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By kind and number; at _EACH is the rest of the kind.
        self._runs: dict[tuple[_Kind, int], ToolRun] = {}
        self._counts: dict[_Kind, int] = {}

    @property
    def runs(self) -> tuple[ToolRun, ...]:
        """What is to be told, in the order in which it ended first."""
        with self._lock:
            return tuple(
                _told(run, self._counts[kind] - _EACH if number == _EACH else 1)
                for (kind, number), run in self._runs.items()
            )

    @property
    def cpu_s(self) -> float:
        """CPU-seconds of all runs."""
        with self._lock:
            return sum(run.cpu_s for run in self._runs.values())

    def add(self, run: ToolRun) -> None:
        """Takes in a program that has ended."""
        kind = _kind(run)
        with self._lock:
            number = min(self._counts.get(kind, 0), _EACH)
            self._counts[kind] = self._counts.get(kind, 0) + 1
            before = self._runs.get((kind, number))
            self._runs[kind, number] = run if before is None else _added(before, run)


def _kind(run: ToolRun) -> _Kind:
    program, *words = run.command
    return (PurePath(program).name, *(word for word in words if word.startswith("-") and not word[1:2].isdigit()))


def _added(before: ToolRun, run: ToolRun) -> ToolRun:
    """Returns what two runs took; of what they said, that of the first that failed, or else the first."""
    said = run if run.returncode and not before.returncode else before
    return replace(
        said,
        wall_s=before.wall_s + run.wall_s,
        cpu_s=before.cpu_s + run.cpu_s,
        peak_memory_bytes=max(before.peak_memory_bytes, run.peak_memory_bytes),
    )


def _told(run: ToolRun, added_up: int) -> ToolRun:
    if added_up == 1:
        return run
    return replace(run, log_tail=f"{added_up} such runs, added up.\n{run.log_tail}".rstrip())
