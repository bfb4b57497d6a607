"""How `--help` looks: paragraphs as wide as the terminal, and no values behind flags that take none."""

from __future__ import annotations

import tomllib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from infra.local.source import SOURCE_ROOT

__all__ = ["Command", "Group", "print_version", "whole_paragraphs"]


def whole_paragraphs(text: str) -> str:
    """Returns a text with each of its paragraphs in one line, which the terminal breaks; typer keeps their breaks.

    Args:
        text: A docstring, cleaned. Lines that are indented are examples and stay what they are.
    """
    return "\n\n".join(
        part if part[:1] in {" ", "$"} else " ".join(line.strip() for line in part.splitlines())
        for part in text.split("\n\n")
    )


def print_version(wanted: bool) -> None:
    """Prints the version and ends the command, if that is what is wanted."""
    if wanted:
        project = tomllib.loads((SOURCE_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        typer.echo(f"automations {project['version']}")
        raise typer.Exit


class Command(TyperCommand):
    """A command whose help looks like that."""

    def __init__(self, *arguments: Any, help: str | None = None, **options: Any) -> None:  # noqa: A002  # typer's
        super().__init__(*arguments, help=help and whole_paragraphs(help), **options)

    def get_params(self, ctx: Any) -> Any:
        """Returns what it takes; a flag, `--help` too, without the kind of its value."""
        return _without_kinds_of_flags(super().get_params(ctx))


class Group(TyperGroup):
    """A group of commands whose help looks like that."""

    def get_params(self, ctx: Any) -> Any:
        """Returns what it takes; a flag, `--help` too, without the kind of its value."""
        return _without_kinds_of_flags(super().get_params(ctx))


def _without_kinds_of_flags(params: Any) -> Any:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params
