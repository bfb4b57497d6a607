from __future__ import annotations

from xml.etree import ElementTree as ET

from functions.api.dash import linked_manifest, with_captions

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">
  <Period id="0">
    <AdaptationSet id="1" contentType="video">
      <Representation id="0" bandwidth="662900">
        <BaseURL>a&amp;b.mp4</BaseURL>
        <SegmentBase indexRange="898-953"><Initialization range="0-897"/></SegmentBase>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
"""
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


def test_every_name_becomes_a_link() -> None:
    root = ET.fromstring(linked_manifest(MANIFEST, lambda name: f"/{name}?c=1&d=2"))
    assert [base.text for base in root.iter(f"{MPD}BaseURL")] == ["/a&b.mp4?c=1&d=2"]


def test_captions_are_one_more_adaptation_set() -> None:
    root = ET.fromstring(with_captions(MANIFEST, "/c.vtt?a=1&b=2", "en", "A & B"))
    _, captions = root.findall(f"{MPD}Period/{MPD}AdaptationSet")
    assert captions.attrib == {"contentType": "text", "mimeType": "text/vtt", "lang": "en"}
    assert captions.findtext(f"{MPD}Label") == "A & B"
    assert captions.findtext(f"{MPD}Representation/{MPD}BaseURL") == "/c.vtt?a=1&b=2"
    ids = [representation.get("id") for representation in root.iter(f"{MPD}Representation")]
    assert len(ids) == len(set(ids)) == 2
    assert 'lang="' not in with_captions(MANIFEST, "/c.vtt", None, "")
