"""Lines that somebody forgot to fill in, that only count, or are polite: they say nothing about the video."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_placeholder"]

_TITLE: Final = r"(?:sub|unter)?(?:title|titel|headline|heading|überschrift|titre|título|titulo|titolo)"
_WORK: Final = (
    r"(?:presentation|event|talk|lecture|document|slide|video|movie|project|course|section|chapter|präsentation"
    r"|veranstaltung|vortrags|folie|dokuments|projekts|présentation|diapositive|presentación|presentazione)"
)
_ASK: Final = r"(?:(?:click|tap|type|press)(?: here)? to )?(?:add|insert|enter|edit|type|place|put)"
_THING: Final = (
    rf"(?:{_TITLE}|text|name|heading|logo|caption|image|picture|photo|date|author|speaker|content|body)s?"
)
_PAGE: Final = r"(?:slide|page|folie|seite|diapositive|diapositiva|página|pagina)"

_LINES: Final = re.compile(
    "|".join(
        (
            rf"{_TITLE}(?: \d+| here| goes here| text| slide)?",
            rf"{_TITLE} (?:of|der|des|de|du|del|della|dell) ?(?:the |your |la |l |this )?{_WORK}",
            rf"{_WORK} (?:{_TITLE}|name)",
            rf"{_ASK} (?:(?:a|an|your|the|some) )?(?:{_TITLE} )?{_THING}(?: here)?",
            rf"your (?:own )?{_THING}(?: goes)?(?: here)?",
            rf"(?:untitled|unbenannt|sans titre|sin título|senza titolo)(?: {_WORK}| sequence| \d+)*",
            r"(?:sample|dummy|placeholder|example) text|placeholder|blindtext|platzhalter|tbd|todo|tba|n a|x{3,}",
            r"(?:first|second|third|fourth|fifth) level|master(?:titel|text)format bearbeiten",
            rf"{_PAGE} (?:\d+|(?:no|number|nummer|nr|numéro|número|numero) ?\w+)(?: ?(?:of|von|de|di|/) ?\d+)?",
        )
    ),
    re.IGNORECASE,
)
_FILLER: Final = re.compile(r"\blorem ipsum\b|\bdolor sit amet\b", re.IGNORECASE)
_ATTENDING: Final = (
    r"(?:watching|viewing|listening|reading|joining|coming|attending|visiting|attention|time|interest|support)"
)
_POLITE: Final = re.compile(
    "|".join(
        (
            rf"(?:many )?(?:thanks|thank you)(?: very much| so much| a lot| all)?(?: for (?:your )?{_ATTENDING})?",
            r"(?:vielen |herzlichen )?danke?(?: (?:fürs|für (?:ihre?|eure|die)) \w+)?",
            r"merci(?: beaucoup)?(?: (?:de|pour) (?:votre|ton) \w+)?",
            r"(?:muchas )?gracias(?: por (?:su|tu|ver)\b.*)?",
            r"grazie(?: mille)?(?: per (?:la|l|aver)\b.*)?",
            r"see you(?: soon| later| again| there| tomorrow| next (?:time|week|year))?",
            r"stay tuned|good ?bye|please (?:like|share|subscribe|comment)\b.*",
        )
    ),
    re.IGNORECASE,
)
_SIGNS: Final = re.compile(r"[^\w]+")


def is_placeholder(line: str) -> bool:
    """Says whether a line is what a template says before somebody fills it in, a page's number, or a courtesy."""
    bare = _SIGNS.sub(" ", line).strip()
    return bool(_LINES.fullmatch(bare) or _FILLER.search(bare) or _POLITE.fullmatch(bare))
