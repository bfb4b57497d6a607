"""How benches measure: contestants by turns, in own processes; figures are void if the machine drifts."""

from __future__ import annotations

import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pytest

__all__ = [
    "CORES",
    "ROUNDS",
    "Contestant",
    "Figure",
    "Runs",
    "Usage",
    "by_turns",
    "cpu_s",
    "note",
    "on_core",
    "report",
    "summary",
    "used_by",
    "wall_s",
]

ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "5"))
"""How often all contestants have their turns; fewer than 5 is for trying a bench out."""

CORES: Final = tuple(sorted(os.sched_getaffinity(0)))
MOST_DRIFT: Final = 0.03
"""How far two runs of the same may be apart, as a share, for a figure to count."""

_RESULTS: Final = Path(os.environ.get("TEST_RESULTS", "test-results"))


Contestant: TypeAlias = Callable[[], Callable[[], object]]
"""Prepares a run, which is not measured, and returns the work that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a piece of work used.

    Attributes:
        wall_s: Seconds from its begin to its end.
        cpu_s: CPU-seconds of its process and of all that it started.
    """

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """A contestant's runs, two a round.

    Attributes:
        there: Those on the way there.
        back: Those on the way back.
    """

    there: Sequence[Usage]
    back: Sequence[Usage]

    def of(self, measure: Callable[[Usage], float]) -> list[float]:
        """Returns a measure's mean in each round."""
        pairs = zip(self.there, self.back, strict=True)
        return [(measure(there) + measure(back)) / 2 for there, back in pairs]

    def against_itself(self, measure: Callable[[Usage], float]) -> float:
        """Returns what one half of the runs took over the other: 1 on a machine that does nothing else."""
        return statistics.median(map(measure, self.there)) / statistics.median(map(measure, self.back))

    def over(self, other: Runs, measure: Callable[[Usage], float]) -> float:
        """Returns what this took over what another took, round by round, and the median of that."""
        rounds = zip(self.of(measure), other.of(measure), strict=True)
        return statistics.median(mine / theirs for mine, theirs in rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with a target.

    Attributes:
        what: What it says.
        value: The number.
        at_most: Target, if it must not be larger.
        at_least: Target, if it must not be smaller.
        drift: What the runs behind it took over themselves.
    """

    what: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    drift: Sequence[float] = ()

    @property
    def target(self) -> str:
        """The target as people write it; empty for a figure that is only told."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """``met``, ``missed`` or ``void``; empty for a figure that is only told."""
        if any(abs(one - 1) > MOST_DRIFT for one in self.drift):
            return "void"
        above = self.at_most is not None and self.value > self.at_most
        below = self.at_least is not None and self.value < self.at_least
        if not self.target:
            return ""
        return "missed" if above or below else "met"


def cpu_s(usage: Usage) -> float:
    """A measure: CPU-seconds."""
    return usage.cpu_s


def wall_s(usage: Usage) -> float:
    """A measure: seconds."""
    return usage.wall_s


def used_by(work: Callable[[], object]) -> Usage:
    """Does a piece of work in a process of its own, which begins as a copy of this one, and waits for it."""
    sys.stdout.flush()
    started_s = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        _end_with(work)
    _, status, usage = os.wait4(pid, 0)  # with all that the process has waited for, and so on down
    ended_s = time.perf_counter()
    assert os.waitstatus_to_exitcode(status) == 0, "it failed; see above"
    return Usage(wall_s=ended_s - started_s, cpu_s=usage.ru_utime + usage.ru_stime)


def by_turns(contestants: Mapping[str, Contestant], rounds: int = ROUNDS) -> dict[str, Runs]:
    """Runs contestants in their order and back again, round after round: a steady drift hits all alike.

    Before that each runs once for nothing, which fills the caches.

    Args:
        contestants: Name -> contestant.
        rounds: How often.
    """
    for prepare in contestants.values():
        used_by(prepare())
    there: dict[str, list[Usage]] = {name: [] for name in contestants}
    back: dict[str, list[Usage]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, prepare in contestants.items():
            there[name].append(used_by(prepare()))
        for name, prepare in reversed(list(contestants.items())):
            back[name].append(used_by(prepare()))
    return {name: Runs(there=there[name], back=back[name]) for name in contestants}


def on_core(core: int, work: Callable[[], object]) -> Callable[[], object]:
    """Returns work that stays on one core, with all that it starts."""

    def pinned() -> None:
        os.sched_setaffinity(0, {core})
        work()

    return pinned


def report(title: str, figures: Iterable[Figure], details: Sequence[str] = ()) -> None:
    """Prints figures with their targets, keeps them, and fails if one is void or missed."""
    figures = tuple(figures)
    rows = ["| figure | value | target | |", "|---|---|---|---|"]
    for figure in figures:
        drift = f" (A/A {', '.join(f'{one:.3f}' for one in figure.drift)})" if figure.drift else ""
        rows.append(f"| {figure.what} | {figure.value:.3f} | {figure.target} | {figure.verdict}{drift} |")
    note(title, [*rows, *(f"\n{line}" for line in details)])
    if void := [figure.what for figure in figures if figure.verdict == "void"]:
        pytest.fail(f"void, for the same took more than {MOST_DRIFT:.0%} longer or shorter: {', '.join(void)}")
    if missed := [figure.what for figure in figures if figure.verdict == "missed"]:
        pytest.fail(f"missed: {', '.join(missed)}")


def summary(runs: Mapping[str, Runs]) -> str:
    """Returns a line with what each contestant took."""
    took = (
        f"{name} {statistics.median(run.of(cpu_s)):.2f} CPU-s in {statistics.median(run.of(wall_s)):.2f} s"
        for name, run in runs.items()
    )
    return f"Medians of {ROUNDS} rounds there and back: {'; '.join(took)}."


def note(title: str, lines: Sequence[str]) -> None:
    """Prints a table and keeps it as a file among the results."""
    text = "\n".join([f"## {title}", "", *lines, ""])
    print(f"\n{text}")
    _RESULTS.mkdir(exist_ok=True)
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    (_RESULTS / f"bench-{name}.md").write_text(text)


def _end_with(work: Callable[[], object]) -> None:
    """Does the work and ends this process, without what the one that it is a copy of would do at its end."""
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
