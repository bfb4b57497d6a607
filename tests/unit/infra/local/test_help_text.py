"""Help fits the terminal, and flags take no values."""

from __future__ import annotations

import tomllib
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from infra.local.cli import app
from infra.local.help_text import whole_paragraphs
from infra.local.source import SOURCE_ROOT


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    monkeypatch.setenv("COLUMNS", "80")
    return CliRunner()


@pytest.mark.parametrize("command", ["up", "clip", "evaluate", "metrics", "backfill", "estimate", "key", "delete"])
def test_no_line_ends_before_the_next_word_would_fit(run: CliRunner, command: str) -> None:
    shown = run.invoke(app, [command, "--help"]).stdout.partition("\u256d")[0]
    lines = [line.strip() for line in shown.splitlines()]
    for line, following in pairwise(lines):
        word = following.partition(" ")[0]
        if line and word and not line.startswith("$"):
            assert len(line) + 1 + len(word) > 78, (line, following)


def test_flags_are_shown_without_the_kind_of_a_value(run: CliRunner) -> None:
    for command in (["show"], ["labels"], ["labels", "export"], ["dead-letters", "drop"], []):
        assert "bool" not in run.invoke(app, [*command, "--help"]).stdout


def test_it_tells_its_version(run: CliRunner) -> None:
    version = tomllib.loads((SOURCE_ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert run.invoke(app, ["--version"]).stdout == f"automations {version}\n"


def test_examples_stay_lines_of_their_own() -> None:
    assert whole_paragraphs("One\ntwo.\n\n  $ a\n\nThree\nfour.") == "One two.\n\n  $ a\n\nThree four."
