"""The documents can be read in an editor, what they name is there, and `make docs` writes what is generated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.generated_tables import GeneratedTables
from tests.requirement import missing

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "infra/README.md", "functions/api/README.md")
LONGEST_LINE: Final = 120


def anchors(text: str) -> set[str]:
    """Returns what a document's headings are linked as, by GitHub's rules."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(document: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target.read_text()))):
            yield link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lines_fit(name: str) -> None:
    lines = enumerate((ROOT / name).read_text().splitlines(), 1)
    assert [number for number, line in lines if len(line) > LONGEST_LINE and not line.startswith("|")] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_within_the_project_lead_somewhere(name: str) -> None:
    assert list(dead_links(ROOT / name)) == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n\n[1](#here) [2](#there) [3](gone.md) [4](page.md#here) [5](https://example.com/gone)\n"
    )
    assert list(dead_links(page)) == ["#there", "gone.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_are_named_exist(name: str) -> None:
    named = re.findall(r"`((?:functions|infra|shared|tests)/[\w./-]+)`", (ROOT / name).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def makers() -> Iterator[str]:
    """Yields the files that make tables."""
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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_section_is_empty(name: str) -> None:
    assert empty_sections((ROOT / name).read_text()) == []


def test_an_empty_section_is_found() -> None:
    assert empty_sections("# Guide\n## Full\ntext\n## Empty\n\n## Last\ntext\n") == ["## Empty"]


@pytest.mark.parametrize("required", ["0", "1"])
def test_a_table_that_takes_what_is_not_there_ends_with_a_sentence(
    required: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", required)
    guide = tmp_path / "guide.md"
    guide.write_text("<!-- costs -->\nold\n<!-- /costs -->\n")
    said = re.escape("The table costs of guide.md can't be written: Terraform is not installed") + "$"
    with pytest.raises(SystemExit, match=said):
        GeneratedTables(guide, {"costs": partial(missing, "Terraform is not installed")}).write()
    assert "old" in guide.read_text()
