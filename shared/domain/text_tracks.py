"""Subtitles and captions in the manifests that one packager writes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import escape
from typing import Final

__all__ = ["TextTrack", "text_playlist", "track_label", "with_dash_text", "with_hls_text"]

_GROUP: Final = "texts"
_STREAM: Final = "#EXT-X-STREAM-INF:"
_SUBTITLES: Final = f',SUBTITLES="{_GROUP}"'
_END: Final = re.compile(r"\s*</Period>")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTrack:
    """One text that players may show.

    Attributes:
        id: Unique in a manifest.
        label: What players call it; unique in a manifest.
        language: ISO 639 code; None when it is not known.
        link: Leads to its playlist from HLS, to its WebVTT from DASH.
        automatic: Whether no person wrote it.
        autoselect: Whether players may choose it by themselves, by what a viewer prefers.
    """

    id: str
    label: str
    language: str | None
    link: str
    automatic: bool = False
    autoselect: bool = True


def track_label(name: str) -> str:
    """Returns what players call a track: ``subtitles-deu`` is ``Subtitles deu``."""
    return name.replace("-", " ").capitalize()


def with_hls_text(text: str, track: TextTrack) -> str:
    """Returns a master playlist that offers a text, besides others, with every stream."""
    spoken = f',LANGUAGE="{track.language}"' if track.language else ""
    made = ',CHARACTERISTICS="public.machine-generated"' if track.automatic else ""
    media = (
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{_GROUP}",NAME="{track.label}"{spoken},DEFAULT=NO,'
        f'AUTOSELECT={"YES" if track.autoselect else "NO"},FORCED=NO{made},URI="{track.link}"'
    )
    lines = [
        f"{line}{_SUBTITLES}" if line.startswith(_STREAM) and _SUBTITLES not in line else line
        for line in text.splitlines()
    ]
    first = next(at for at, line in enumerate(lines) if line.startswith(_STREAM))
    return "\n".join([*lines[:first], media, *lines[first:]]) + "\n"


def with_dash_text(text: str, track: TextTrack) -> str:
    """Returns a DASH manifest that offers a text as well."""
    spoken = f' lang="{track.language}"' if track.language else ""
    # A bandwidth is required; that of text matters to nobody.
    added = f"""
    <AdaptationSet contentType="text" mimeType="text/vtt"{spoken}>
      <Label>{escape(track.label)}</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <Representation id="{escape(track.id)}" bandwidth="100">
        <BaseURL>{escape(track.link)}</BaseURL>
      </Representation>
    </AdaptationSet>"""
    return _END.sub(lambda end: added + end[0], text)


def text_playlist(link: str, duration_s: float) -> str:
    """Returns the HLS playlist of a text that is one file.

    Args:
        link: Leads to the WebVTT.
        duration_s: Seconds that the video lasts.
    """
    return (
        f"#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{math.ceil(duration_s)}\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{duration_s:.3f},\n{link}\n#EXT-X-ENDLIST\n"
    )
