"""What `make docs` writes is all that is generated, and no section of the operators' guide is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def makers() -> Iterator[str]:
    for path in (ROOT / "tests").rglob("test_*.py"):
        if re.search(r"\bGeneratedTables\(", path.read_text()) and path != Path(__file__):
            yield str(path.relative_to(ROOT))


def empty_sections(text: str) -> list[str]:
    """Returns the headings of a document's sections in which nothing stands."""
    headings = re.split(r"^(## .+)$", text, flags=re.MULTILINE)[1:]
    return [heading for heading, body in zip(headings[::2], headings[1::2], strict=True) if not body.strip()]


def test_make_docs_writes_every_generated_table() -> None:
    listed = re.search(r"^DOCUMENTS := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert listed is not None
    assert set(makers()) <= set(listed[1].replace("\\\n", " ").split())


def test_no_section_of_the_guide_is_empty() -> None:
    assert empty_sections((ROOT / "infra" / "README.md").read_text()) == []


def test_an_empty_section_is_found() -> None:
    assert empty_sections("# Guide\n## Full\ntext\n## Empty\n\n## Last\ntext\n") == ["## Empty"]
