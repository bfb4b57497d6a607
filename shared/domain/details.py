"""What owners may say about a video, as it may come from outside.

The types carry their limits, so that whatever reads a request by them refuses the rest, and says so in its schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from shared.domain.plain_text import plain_text
from shared.domain.video import Details

__all__ = [
    "MAX_METADATA",
    "Description",
    "Metadata",
    "MetadataName",
    "MetadataValue",
    "Title",
    "plain_details",
]

_NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL keeps no text with a NUL. Lone surrogates need no rule: they are no JSON."""

_KEY: Final = r"^(?!__)[A-Za-z0-9_-]{1,64}$(?!\n)"
"""A name in every store and every language: Firestore takes dots for paths, scripts ``__proto__`` for a command.
In Python, ``$`` alone would let a line break follow."""

_MAX_TITLE_CHARS: Final = 300
_MAX_DESCRIPTION_CHARS: Final = 5000

MAX_METADATA: Final = 50
"""Names that a video may have values for."""

Title: TypeAlias = Annotated[
    str,
    Meta(
        max_length=_MAX_TITLE_CHARS,
        pattern=_NO_NUL,
        description="A name for people; empty for that of the file. Markup is taken out.",
    ),
]

Description: TypeAlias = Annotated[
    str,
    Meta(
        max_length=_MAX_DESCRIPTION_CHARS,
        pattern=_NO_NUL,
        description="Some sentences about the video. Markup is taken out.",
    ),
]

MetadataName: TypeAlias = Annotated[str, Meta(pattern=_KEY)]
MetadataValue: TypeAlias = Annotated[str, Meta(max_length=500, pattern=_NO_NUL)]

Metadata: TypeAlias = Annotated[
    dict[MetadataName, MetadataValue],
    Meta(
        max_length=MAX_METADATA,
        description="Names and values of your own: letters, digits, _ and - in a name, which does not begin "
        "with __.",
    ),
]


def plain_details(title: str, description: str, metadata: Mapping[str, str]) -> Details:
    """Returns what an owner says about a video with texts for people made plain; lines stay lines.

    Args:
        title: A ``Title``.
        description: A ``Description``.
        metadata: ``Metadata``, which is the owner's own and left as it is.
    """
    lines = (plain_text(line, _MAX_DESCRIPTION_CHARS) for line in description.splitlines())
    return Details(
        title=plain_text(title, _MAX_TITLE_CHARS),
        description="\n".join(lines).strip(),
        metadata=dict(metadata),
    )
