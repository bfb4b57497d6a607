"""The DASH manifest as the packager left it, made to lead through links."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Final

from functions.api.hls import Resolve

__all__ = ["linked_manifest", "with_captions"]

# A manifest of one packager's making needs no parser: its files are named in these elements and nowhere else.
_NAME: Final = re.compile(r"(?<=<BaseURL>)[^<]*(?=</BaseURL>)")
_END: Final = re.compile(r"^\s*</Period>", re.MULTILINE)


def linked_manifest(text: str, resolve: Resolve) -> str:
    """Returns a manifest with links in place of all names.

    Args:
        text: The manifest.
        resolve: Makes the links.
    """
    return _NAME.sub(lambda name: escape(resolve(unescape(name[0]))), text)


def with_captions(text: str, link: str, language: str | None, label: str) -> str:
    """Returns a manifest that offers captions as well.

    Args:
        text: The manifest.
        link: Leads to the captions in WebVTT.
        language: Language code; None when it is not known.
        label: What players call them.
    """
    spoken = f' lang="{language}"' if language else ""
    # A bandwidth is required; that of text matters to nobody.
    captions = f"""
    <AdaptationSet contentType="text" mimeType="text/vtt"{spoken}>
      <Label>{escape(label)}</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <Representation id="captions" bandwidth="100">
        <BaseURL>{escape(link)}</BaseURL>
      </Representation>
    </AdaptationSet>"""
    return _END.sub(lambda end: captions + end[0], text)
