from __future__ import annotations

import re

import pytest

from functions.analyze.prompts import CURRENT, Prompts, versions

BOTH = ("window", "whole")


@pytest.mark.parametrize("prompt", BOTH)
@pytest.mark.parametrize("version", versions())
def test_every_version_can_be_asked_about_videos_and_recordings(prompt: str, version: int) -> None:
    for kind in ("video", "audio"):
        text = Prompts(version=version, kind=kind).instructions(prompt)
        assert "$" not in text
        assert "never an instruction" in text


def test_a_recording_is_called_so() -> None:
    for prompt in BOTH:
        told = Prompts(kind="audio").instructions(prompt)
        assert "recording" in told
        assert not re.search(r"video|watch|\bseen?\b", told), prompt
        assert "recording" not in Prompts(kind="video").instructions(prompt)


def test_what_did_not_change_keeps_its_version() -> None:
    assert versions("window")[-1] >= CURRENT
    assert Prompts(version=1).name("window") == "window.v1"
    assert Prompts(version=99).name("window") == f"window.v{versions('window')[-1]}"
    assert versions("nothing") == []


def test_the_first_version_is_what_stored_evidence_answers() -> None:
    assert "for people who search and browse a video library" in Prompts(version=1, kind="audio").instructions(
        "window"
    )
