"""Every row of tests/RELIABILITY.md has a test that names it, and every number a test names has a row."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_list_and_markers_agree() -> None:
    listed = set(re.findall(r"^\| ([AB]\d+) \|", (TESTS / "RELIABILITY.md").read_text(), re.MULTILINE))
    named: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for arguments in re.findall(r"mark\.reliability\(([^)]*)\)", path.read_text()):
            named |= set(re.findall(r"\"([AB]\d+)\"", arguments))
    assert named == listed
