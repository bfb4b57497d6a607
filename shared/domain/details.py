"""What owners may say about a video, as it may come from outside.

The types carry their limits, so that whatever reads a request by them refuses the rest, and says so in its schema.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

__all__ = ["Description", "Metadata", "Title"]

_NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL keeps no text with a NUL. Lone surrogates need no rule: they are no JSON."""

_KEY: Final = r"^(?!__)[A-Za-z0-9_-]{1,64}$(?!\n)"
"""A name in every store and every language: Firestore takes dots for paths, scripts ``__proto__`` for a command.
In Python, ``$`` alone would let a line break follow."""

Title: TypeAlias = Annotated[
    str,
    Meta(max_length=300, pattern=_NO_NUL, description="A name for people; empty for that of the file."),
]

Description: TypeAlias = Annotated[
    str, Meta(max_length=5000, pattern=_NO_NUL, description="Some sentences about the video.")
]

Metadata: TypeAlias = Annotated[
    dict[
        Annotated[str, Meta(pattern=_KEY)],
        Annotated[str, Meta(max_length=500, pattern=_NO_NUL)],
    ],
    Meta(
        max_length=50,
        description="Names and values of your own: letters, digits, _ and - in a name, which does not begin "
        "with __.",
    ),
]
