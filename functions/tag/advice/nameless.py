"""Texts that stand where a title should be, and name nothing."""

from __future__ import annotations

import re
from typing import Final

from functions.tag.placeholders import is_placeholder

__all__ = ["names_nothing"]

# Words that programs put together to names. What templates say is known by the sentence.
_NOTHING: Final = frozenset(
    """untitled unnamed unknown title headline heading subtitle caption placeholder video clip movie film footage
    recording screen screenrecording sequence project presentation slide slides document draft test sample example
    copy final new output export render default none null chapter part scene section
    here text the a an my""".split()  # noqa: SIM905  # a list would be longer and harder to read
)
_FILE: Final = re.compile(
    r"[\w\-. ()]+\.(?:mp4|mov|m4v|avi|mkv|webm|ogv|ogg|mpe?g|ts|wmv|flv|3gp|mp3|wav|m4a|aac)", re.IGNORECASE
)
_CAMERA: Final = re.compile(r"(?:img|mvi?|dsc[fn]?|pxl|vid|gopr|gh|mov|clip|dji)[\W_]*\d[\w\W]*", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")


def names_nothing(text: str, name: str = "") -> bool:
    """Says whether a text is what programs and templates put where nobody has written a title, or a file's name.

    Args:
        text: What might be a title.
        name: The file's name without its ending.
    """
    plain = text.strip()
    words = [word.casefold() for word in _WORD.findall(plain)]
    if not words or set(words) <= _NOTHING or is_placeholder(plain):
        return True
    if _FILE.fullmatch(plain) or _CAMERA.fullmatch(plain):
        return True
    # A name of several words may well be the title; one with underscores or digits was made by a program.
    return plain.casefold() == name.casefold() and " " not in plain
