"""What counts as a word when texts are searched, the same in every store."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["search_words"]

_MAX_TEXT_CHARS = 100_000
_MAX_WORD_CHARS = 255


def search_words(text: str) -> list[str]:
    """Returns the words of a text in order, without their accents and case: letters and digits only.

    Of a huge text or word only the beginning counts, so that no store's index refuses it.
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    words = re.findall(r"[^\W_]+", plain.casefold()[:_MAX_TEXT_CHARS])
    return [word[:_MAX_WORD_CHARS] for word in words]
