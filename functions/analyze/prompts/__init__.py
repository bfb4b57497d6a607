"""What models are asked, in versions, and what their answers must be.

A prompt is a text file ``<name>.v<version>.md`` and a module ``<name>.py`` with the form of its answers. Whoever
changes what a prompt asks for writes the next version beside the last one, which stays: `automations evaluate`
compares the two, and evidence names the one it answers. Both are part of the key under which answers are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Final

from shared.domain.media import Kind

__all__ = ["CURRENT", "Prompts", "versions"]

CURRENT: Final = 2
"""The version that videos are analyzed with."""

_FOLDER: Final = Path(__file__).parent
_FILE: Final = re.compile(r"(\w+)\.v(\d+)\.md")

_WORDS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "video": {
        "source": "video",
        "attend": "watch and listen to",
        "attended": "seen or heard",
        "happens": "seen and heard",
    },
    "audio": {"source": "recording", "attend": "listen to", "attended": "heard", "happens": "heard"},
}
"""What the texts call a video, and one of sound alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """All prompts as they were in one version: each as it was changed last by then.

    Attributes:
        version: From 1.
        kind: What is asked about.
    """

    version: int = CURRENT
    kind: Kind = "video"

    def name(self, prompt: str) -> str:
        """Returns the name of a prompt with its version, such as ``window.v1``."""
        known = [version for version in versions(prompt) if version <= self.version]
        return f"{prompt}.v{max(known)}"

    def instructions(self, prompt: str) -> str:
        """Returns the text of a prompt."""
        return _text(self.name(prompt), self.kind)


@cache
def versions(prompt: str | None = None) -> Sequence[int]:
    """Returns the versions that there are of a prompt, or of any, in order."""
    files = filter(None, (_FILE.fullmatch(path.name) for path in _FOLDER.iterdir()))
    return sorted({int(file[2]) for file in files if prompt in (None, file[1])})


@cache
def _text(name: str, kind: Kind) -> str:
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return Template(text).substitute(_WORDS[kind])
