"""What people read, and models understand, in letters that are chosen so that programs don't."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

__all__ = ["readings"]

# Letters of other scripts that look like Latin ones, as in Unicode's list of confusables.
_LOOKALIKES: Final = {
    # Letters in circles, squares and flags; those of other kinds are compatible with plain ones.
    **{first + at: ord("a") + at for first in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)},
    **str.maketrans(
        "авсеԁһіјкмнорԛѕтуԝхѵԍαβεηικνορτυχᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "abcedhijkmhopqstywxvgabenikvoptuxabcdefghijklmnoprstuvwyz",
    ),
}
_DIGITS: Final = str.maketrans("0123456789@$!|", "oizeasgtbgasil")
_ONES: Final = str.maketrans("1", "l")
_ENCODED: Final = re.compile(
    r"[A-Za-z0-9+/_-]{16,}={0,6}|(?:[0-9a-fA-F]{2}){12,}|(?:[0-9a-fA-F]{2}[ :]){11,}[0-9a-fA-F]{2}"
)
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_BLANKS: Final = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164\uffa0"))
"""Letters and signs that show nothing."""

_TELLING: Final = re.compile("ignor|instruct|prompt|previous|video|label|secret|password|system")
"""Of what any text would be if it were scrambled, only what has such words is worth a closer look."""

_TAG_LETTERS: Final = range(0xE0020, 0xE007F)


def readings(text: str) -> Iterator[str]:
    """Yields a text as it stands, in small letters, and what else it may be meant to say.

    Accents, signs that are not seen and letters of other scripts are taken for the Latin ones that they look like,
    digits within words too; text or its words may stand backwards, be escaped as in addresses and pages, be
    encoded in base64, base32 or hexadecimal, or have its letters moved by thirteen.
    """
    plain = unicodedata.normalize("NFKC", _seen(text))
    small, latin = plain.casefold(), _folded(plain)
    digits = (latin.translate(_DIGITS), latin.translate(_ONES).translate(_DIGITS))
    scrambled = (" ".join(word[::-1] for word in latin.split()), codecs.encode(latin, "rot13"))
    decoded = (said for code in _ENCODED.findall(plain) for said in _decoded(code))
    # Most texts are written in letters and digits alone: what is the same is yielded once.
    yield from dict.fromkeys(
        [small, latin, *digits, latin[::-1], *filter(_TELLING.search, scrambled), *map(str.casefold, decoded)]
    )


def _seen(text: str) -> str:
    """Returns a text without escapes and the signs that nobody sees, but with the letters among these."""
    plain = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), html.unescape(unquote(text))).translate(_BLANKS)
    if plain.isascii():  # as most texts are
        return plain
    shown = (chr(ord(char) - 0xE0000) if ord(char) in _TAG_LETTERS else char for char in plain)
    return "".join(char for char in shown if unicodedata.category(char) != "Cf")


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_LOOKALIKES)


def _decoded(code: str) -> Iterator[str]:
    """Yields what a code says, if it says something in letters; that may be another code, which is shorter."""
    bare = re.sub("[ :=]", "", code).replace("-", "+").replace("_", "/")
    # One way for each alphabet: codes in codes would else be read in twice as many ways at each step.
    for decode, group in ((base64.b64decode, 4), (base64.b32decode, 8), (binascii.unhexlify, 1)):
        try:
            said = decode(bare + "=" * (-len(bare) % group)).decode()
        except ValueError:  # bytes that are no such code, or no text
            continue
        if said.isprintable():
            yield said
            yield from (deeper for inner in _ENCODED.findall(said) for deeper in _decoded(inner))
