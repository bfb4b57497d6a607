"""Names that people typed, made safe to show."""

from __future__ import annotations

import unicodedata

__all__ = ["display_name"]


def display_name(object_name: str) -> str:
    r"""Returns the last component of an object's name with invisible characters escaped.

    Control, format (such as right-to-left overrides) and surrogate characters become ``\\xNN`` or ``\\uNNNN``,
    so that a log line or a page can't be broken or faked by a file name. Emoji and letters stay.
    """
    last = object_name.rstrip("/").rpartition("/")[2]
    return "".join(
        char if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else _escaped(char)
        for char in last
    )


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
