"""Text that was seen, heard or typed by strangers, made plain: it is data, never markup and never instructions.

What stands in a picture is kept as it stands there, for it may be code: visible_text(). What anybody else says,
and whatever is to be published, has no markup in it: plain_text(). Whoever shows either as HTML escapes it.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["letters", "plain_text", "visible_text"]

_ELEMENT = re.compile(
    r"<(script|style)\b[^<>]*>.*?</\1\s*>|</?[a-z][^<>]*>|<[!?][^<>]*>", re.IGNORECASE | re.DOTALL
)
_OPENING = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain_text(text: str, max_chars: int = 500) -> str:
    """Returns a text on one line, without markup, control and invisible characters; may be empty.

    Args:
        text: Anything.
        max_chars: Longer texts are cut.
    """
    visible = _visible(text, max_chars)
    stripped = _ELEMENT.sub(" ", visible)
    while stripped != visible:  # taking out an element may join the halves of another
        visible, stripped = stripped, _ELEMENT.sub(" ", stripped)
    # What is left of "<" is a comparison or half an element; with a space behind it no parser sees an element.
    return " ".join(_OPENING.sub("< ", stripped).split())[:max_chars].rstrip()


def visible_text(text: str, max_chars: int = 500) -> str:
    """Returns a text on one line, without control and invisible characters; may be empty.

    Args:
        text: Anything.
        max_chars: Longer texts are cut.
    """
    return " ".join(_visible(text, max_chars).split())[:max_chars].rstrip()


def letters(text: str) -> str:
    """Returns the letters and digits of a text in small ones: texts whose spaces were lost have the same."""
    return "".join(filter(str.isalnum, text.casefold()))


def _visible(text: str, max_chars: int) -> str:
    # Only the beginning is looked at, so that a huge text costs no more than a long one.
    return "".join(" " if char.isspace() else char for char in text[: 4 * max_chars] if _is_visible(char))


def _is_visible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in _INVISIBLE
