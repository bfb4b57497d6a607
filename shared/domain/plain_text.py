"""Text that was seen, heard or typed by strangers, made plain: it is data, never markup and never instructions."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["letters", "plain_text"]

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
    # Only the beginning is looked at, so that a huge text costs no more than a long one.
    visible = "".join(" " if char.isspace() else char for char in text[: 4 * max_chars] if _is_visible(char))
    stripped = _ELEMENT.sub(" ", visible)
    while stripped != visible:  # taking out an element may join the halves of another
        visible, stripped = stripped, _ELEMENT.sub(" ", stripped)
    # What is left of "<" is a comparison or half an element; with a space behind it no parser sees an element.
    return " ".join(_OPENING.sub("< ", stripped).split())[:max_chars].rstrip()


def letters(text: str) -> str:
    """Returns the letters and digits of a text in small ones: texts whose spaces were lost have the same."""
    return "".join(filter(str.isalnum, text.casefold()))


def _is_visible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in _INVISIBLE
