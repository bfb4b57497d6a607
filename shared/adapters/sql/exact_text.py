"""Text from outside, as a column that can hold all of it."""

from __future__ import annotations

import re

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

__all__ = ["ExactText", "stored_text"]

_UNSTORABLE = re.compile("[\\\\\0\ud800-\udfff]")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def stored_text(text: str) -> str:
    """Returns a text as an ExactText column holds it."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class ExactText(TypeDecorator[str]):
    r"""A string column for names that people or file systems chose, compared as what they are.

    NUL and lone surrogates (bytes of file names that are no UTF-8), which databases refuse, are stored as
    ``\uNNNN``, and so is the backslash, so that no two texts are stored alike.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Returns a text as it is stored."""
        del dialect
        return None if value is None else stored_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Returns a stored text as it was."""
        del dialect
        return None if value is None else _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
