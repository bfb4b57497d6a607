"""Where this very code lies, for the processes that must run it whatever folder the command was typed in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import shared

__all__ = ["SOURCE_ROOT", "python_path"]

SOURCE_ROOT: Final = Path(shared.__file__).parents[1]


def python_path() -> str:
    """Returns the PYTHONPATH of a process that is to run this code."""
    before = os.environ.get("PYTHONPATH")
    return f"{SOURCE_ROOT}{os.pathsep}{before}" if before else str(SOURCE_ROOT)
