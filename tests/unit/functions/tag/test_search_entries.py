from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from functions.tag.search_entries import search_entries
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info
from tests.unit.functions.tag.found import evidence, measured, tag, text, told, words


def test_everything_that_can_be_searched_leads_somewhere(tmp_path: Path) -> None:
    context = FakeStageContext(tmp_path, media=media_info(title="My <b>holiday</b>"), source_name="beach day.mp4")
    findings = [text("Path", start_s=1.0), words("over there", start_s=3.0, end_s=4.0), measured("motion", 0.1)]
    findings += [
        told("suggested_title", "At sea", end_s=10.0),
        told("description", "A wave breaks."),
        told("label", "wave"),
    ]
    found = tag("xpath", evidence=(evidence(start_s=5.0, end_s=6.0), evidence(start_s=0.0)))
    entries = search_entries(context.video, findings, [found], 10.0)
    assert [(entry.source, entry.text, entry.start_s, entry.end_s) for entry in entries] == [
        ("title", "My holiday", 0.0, 10.0),
        ("title", "beach day", 0.0, 10.0),
        ("text", "Path", 1.0, 2.0),
        ("speech", "over there", 3.0, 4.0),
        ("title", "At sea", 0.0, 10.0),
        ("description", "A wave breaks.", 0.0, 2.0),
        ("tag", "xpath", 5.0, 6.0),
    ]


def test_what_a_code_says_is_found_as_text(tmp_path: Path) -> None:
    video = FakeStageContext(tmp_path, media=media_info()).video
    code = measured("qr_code", "https://example.org/tickets", modality="text", start_s=2.0, end_s=5.0)
    entries = [entry for entry in search_entries(video, [code], [], 10.0) if entry.source == "text"]
    assert [(entry.text, entry.start_s, entry.end_s) for entry in entries] == [
        ("https://example.org/tickets", 2.0, 5.0)
    ]


def test_the_same_title_is_not_entered_twice(tmp_path: Path) -> None:
    video = FakeStageContext(tmp_path, media=media_info(title="clip")).video
    assert [entry.text for entry in search_entries(video, [], [], 10.0)] == ["clip"]
    untitled = search_entries(replace(video, media=None), [], [], 10.0)
    assert [entry.text for entry in untitled] == ["clip"]
