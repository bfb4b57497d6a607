"""What models are asked, in versions, and what their answers must be.

A prompt is a text file ``<name>.v<version>.md`` and a module ``<name>.py`` with the form of its answers. Whoever
changes what a prompt asks for gives it a new version; both are part of the key under which answers are kept.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["instructions"]


@cache
def instructions(prompt: str) -> str:
    """Returns the text of a prompt, named with its version, such as ``window.v1``."""
    return Path(__file__).with_name(f"{prompt}.md").read_text(encoding="utf-8")
