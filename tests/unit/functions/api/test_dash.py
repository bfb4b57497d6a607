from __future__ import annotations

from xml.etree import ElementTree as ET

from functions.api.dash import linked_manifest

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
