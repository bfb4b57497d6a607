from __future__ import annotations

from dataclasses import replace
from typing import Any

from functions.tag.evidence import Witnesses
from functions.tag.strategies.languages import LanguagesTagger
from shared.domain.records import Finding, Tag
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import DURATION_S, measured, text, video, words


def tags(*findings: Finding) -> list[Tag]:
    return list(LanguagesTagger(ports()).tag(video(*findings)))


def language(code: str, of: str = "text", **values: Any) -> Finding:
    """Returns in which language what an analyzer left is."""
    modality: Any = "speech" if of == "words" else "text"
    name = "speech_language" if of == "words" else "text_language"
    defaults: dict[str, Any] = {"confidence": 0.8, "modality": modality}
    return replace(measured(name, code, **(defaults | values)), producer=of)


def test_a_language_is_named_and_shown_by_lines_of_words() -> None:
    lines = [text("Guten Tag"), text("Wie es weiter geht und was noch kommt", start_s=3.0, end_s=4.0)]
    (tag,) = tags(*lines, text("ETH"), language("de"))
    assert (tag.label, tag.kind, tag.confidence) == ("german text", "style", 0.8)
    assert [one.quote for one in tag.evidence] == [line.value for line in lines]
    assert all(map(Witnesses(lines, DURATION_S).confirm, tag.evidence))


def test_speech_has_its_own() -> None:
    said = words("good evening to all of you")
    (tag,) = tags(said, language("en", of="words"))
    assert (tag.label, tag.kind, tag.modality) == ("english speech", "sound", "speech")


def test_nothing_is_said_without_lines_for_it() -> None:
    assert not tags(language("de"))
    assert not tags(text("Guten Tag", start_s=8.0, end_s=9.0), language("de", end_s=5.0))
    assert not tags(replace(text("Guten Tag"), producer="gemini"), language("de"))


def test_what_is_doubtful_or_has_no_name_is_left_out() -> None:
    assert not tags(text("Guten Tag"), language("de", confidence=0.4))
    assert not tags(text("Guten Tag"), language("xx"))
