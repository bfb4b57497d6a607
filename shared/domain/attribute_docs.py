"""Reading docstrings: what is written about an attribute in the code reaches those, too, who see only JSON."""

from __future__ import annotations

import inspect
import re

__all__ = ["split_docstring"]


def split_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Returns a class's docstring without its attributes, and what it says about each of these.

    Code is marked as Markdown does it, which is what schemas are written in, and what is None is null there.

    Args:
        text: The docstring, as it stands in the code.
    """
    about, _, attributes = _in_schemas(inspect.cleandoc(text)).partition("\n\nAttributes:\n")
    words = {
        name: re.sub(r"\s+", " ", said).strip()
        for name, said in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    }
    return about, words


def _in_schemas(text: str) -> str:
    return re.sub(r"\bNone\b", "null", text.replace("``", "`"))
