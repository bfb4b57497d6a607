"""A Dockerfile as far as ours goes: its stages, and what each is told to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

__all__ = ["Instruction", "Stage", "build_context", "expanded", "read_stages"]


@dataclass(frozen=True)
class Instruction:
    """One instruction: its keyword, and the rest of its line."""

    keyword: str
    text: str


@dataclass
class Stage:
    """A stage: what it begins with, and its instructions."""

    name: str
    parent: str
    instructions: list[Instruction] = field(default_factory=list)

    def texts(self, keyword: str) -> Sequence[str]:
        return [one.text for one in self.instructions if one.keyword == keyword]


def read_stages(path: Path) -> dict[str, Stage]:
    """Returns the stages by their names, in order."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    stages: dict[str, Stage] = {}
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        keyword, _, text = line.strip().partition(" ")
        if keyword == "FROM":
            parent, _, name = text.partition(" AS ")
            current = stages[name] = Stage(name, parent)
        elif keyword and stages:
            current.instructions.append(Instruction(keyword, text.strip()))
    return stages


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Puts variables into a text, as Docker does."""
    return re.sub(r"\$\{?(\w+)\}?", lambda match: variables[match[1]], text)


def build_context(root: Path) -> Iterator[Path]:
    """Yields the files that a builder is sent, relative to the root: .dockerignore's last fitting line decides."""
    rules = [line for line in (root / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*", "what no line lets in is kept out"
    # Nothing else is looked into: environments beside the sources have ten thousands of files.
    let_in = {root / rule[1:].split("/")[0] for rule in rules if rule.startswith("!")}
    for file in (file for folder in sorted(let_in) for file in folder.rglob("*")):
        path = file.relative_to(root)
        fitting = [rule for rule in rules if _fits(rule.removeprefix("!"), path)]
        if file.is_file() and (not fitting or fitting[-1].startswith("!")):
            yield path


def _fits(pattern: str, path: Path) -> bool:
    """Tells whether a pattern names a path or a folder that it is in."""
    names = [PurePosixPath("/", one) for one in (path, *path.parents) if one.name]
    anchored = pattern.removeprefix("**/") if pattern.startswith("**/") else f"/{pattern}"
    return any(name.match(anchored) for name in names)
