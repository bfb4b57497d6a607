"""What every function folder looks like, and that the flow and the folders are the same list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared.pipeline import load_flow

FUNCTIONS = Path(__file__).parents[2] / "functions"
STAGES = [spec.stage for spec in load_flow().stages]

SDKS = {"functions_framework", "flask", "werkzeug"}
OURS = {"__future__", "functools", "functions", "shared"}
DECISIONS = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.TryStar, ast.With, ast.Match, ast.Raise)


def main_of(function: str) -> ast.Module:
    return ast.parse((FUNCTIONS / function / "main.py").read_text())


def folders() -> set[str]:
    return {path.name for path in FUNCTIONS.iterdir() if path.is_dir() and not path.name.startswith("__")}


def test_every_function_has_a_row_in_the_flow_and_every_row_a_function() -> None:
    assert folders() == set(load_flow().needs)


@pytest.mark.parametrize("function", sorted(folders()))
def test_entry_points_are_wiring_only(function: str) -> None:
    main = main_of(function)
    assert ast.get_docstring(main)
    assert not [node for node in ast.walk(main) if isinstance(node, DECISIONS)]
    assert {type(statement) for statement in main.body[1:]} <= {ast.Import, ast.ImportFrom, ast.FunctionDef}
    assert main.body[-1].end_lineno is not None
    assert main.body[-1].end_lineno <= 40


@pytest.mark.parametrize("function", sorted(folders()))
def test_entry_points_know_no_sdk_but_the_framework(function: str) -> None:
    imported = {
        name.partition(".")[0]
        for node in ast.walk(main_of(function))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= SDKS | OURS
    assert function == "api" or "werkzeug" not in imported


@pytest.mark.parametrize("function", sorted(folders()))
def test_the_target_is_a_decorated_function_of_the_folders_name(function: str) -> None:
    """The framework finds a target by its name, and only in a real function."""
    targets = [
        node.name for node in main_of(function).body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    ]
    assert targets == ([function] if function == "api" else ["endpoint", function])


@pytest.mark.parametrize("stage", STAGES)
def test_the_contract_is_written_at_the_top(stage: str) -> None:
    contract = ast.get_docstring(main_of(stage)) or ""
    spec = load_flow().stage(stage)
    assert f"``{spec.emits}``" in contract
    assert stage == STAGES[0] or f"``{spec.consumes}``" in contract
    assert "Idempotency key:" in contract
    assert "Time limit:" in contract
