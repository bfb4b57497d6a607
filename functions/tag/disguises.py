"""What people read, and models understand, in letters that are chosen so that programs don't."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

__all__ = ["readings"]

# Letters of other scripts that look like Latin ones, as in Unicode's list of confusables.
_LOOKALIKES: Final = str.maketrans(
    "авсеԁһіјкмнорԛѕтуԝхѵԍαβεηικνορτυχ",
    "abcedhijkmhopqstywxvgabenikvoptux",
)
_DIGITS: Final = str.maketrans("013457@$!|", "oieastasil")
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}|(?:[0-9a-fA-F]{2}){12,}")
_TAG_LETTERS: Final = range(0xE0020, 0xE007F)


def readings(text: str) -> Iterator[str]:
    """Yields a text as it stands, in small letters, and what else it may be meant to say.

    Accents, signs that are not seen and letters of other scripts are taken for the Latin ones that they look like,
    digits within words too; text may stand backwards, or be encoded in base64 or hexadecimal.
    """
    plain = unicodedata.normalize("NFKC", _seen(text))
    small, latin = plain.casefold(), _folded(plain)
    decoded = (said for code in _ENCODED.findall(plain) for said in _decoded(code))
    # Most texts are written in letters and digits alone: what is the same is yielded once.
    yield from dict.fromkeys([small, latin, latin.translate(_DIGITS), latin[::-1], *decoded])


def _seen(text: str) -> str:
    """Returns a text without the signs that nobody sees, but with the letters among them."""
    shown = (chr(ord(char) - 0xE0000) if ord(char) in _TAG_LETTERS else char for char in text)
    return "".join(char for char in shown if unicodedata.category(char) != "Cf")


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_LOOKALIKES)


def _decoded(code: str) -> Iterator[str]:
    """Yields what a code says, if it says something in letters."""
    padded = code.rstrip("=")
    padded += "=" * (-len(padded) % 4)
    for decode in (base64.urlsafe_b64decode, base64.b64decode, binascii.unhexlify):
        try:
            said = decode(padded if decode is not binascii.unhexlify else code).decode()
        except ValueError:  # bytes that are no such code, or no text
            continue
        if said.isprintable():
            yield said
