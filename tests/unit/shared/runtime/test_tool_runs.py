"""However many programs an attempt runs, its record stays small and its cost exact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.attempt import ToolRun
from shared.domain.codec import encode_json
from shared.runtime.tool_runs import ToolRuns

CHUNKS = 2000
FIRESTORE_DOCUMENT_BYTES = 2**20


def run_of(kind: str, chunk: int, *, returncode: int = 0) -> ToolRun:
    """Returns a run with as long a command and log as any."""
    command = (kind, "-i", f"piece-{chunk}.nut", "-filter_complex", "x" * 5000, f"-{kind}")
    log = f"{kind} {chunk} " + "y" * 8000
    return ToolRun(
        command=command, returncode=returncode, wall_s=0.5, cpu_s=0.25, peak_memory_bytes=chunk, log_tail=log
    )


def test_a_film_in_two_thousand_chunks_fits_one_document() -> None:
    runs, kinds = ToolRuns(), ("cut", "measure", "encode", "join")
    for chunk in range(CHUNKS):
        for kind in kinds:
            runs.add(run_of(kind, chunk))
    assert len(encode_json(runs.runs)) < FIRESTORE_DOCUMENT_BYTES / 3
    assert len(runs.runs) == 5 * len(kinds)
    assert runs.cpu_s == sum(run.cpu_s for run in runs.runs) == len(kinds) * CHUNKS * 0.25
    assert sum(run.wall_s for run in runs.runs) == len(kinds) * CHUNKS * 0.5
    (rest,) = (run for run in runs.runs if "such runs" in run.log_tail and "cut" in run.command[0])
    assert rest.log_tail.startswith("1996 such runs, added up.\ncut 4 y")
    assert rest.peak_memory_bytes == CHUNKS - 1


@pytest.mark.parametrize("number", [1, 4, 5])
def test_a_few_runs_are_told_as_they_were(number: int) -> None:
    runs = ToolRuns()
    each = tuple(run_of("encode", chunk) for chunk in range(number))
    for run in each:
        runs.add(run)
    assert runs.runs == each


def test_of_many_that_which_failed_is_the_one_to_read_about() -> None:
    runs = ToolRuns()
    for chunk in range(9):
        runs.add(run_of("encode", chunk, returncode=-9 if chunk in {6, 8} else 0))
    assert runs.runs[-1].returncode == -9
    assert "encode 6 y" in runs.runs[-1].log_tail


def test_other_programs_and_other_options_are_of_another_kind() -> None:
    runs, run = ToolRuns(), run_of("encode", 1)
    others = (replace(run, command=("/opt/probe", *run.command[1:])), replace(run, command=(*run.command, "-map")))
    for each in (*([run] * 9), *others, replace(run, command=(*run.command, "-5us"))):
        runs.add(each)
    assert len(runs.runs) == 5 + len(others)
    assert runs.runs[4].log_tail.startswith("6 such runs")
