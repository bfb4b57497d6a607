from __future__ import annotations

import pytest

from functions.analyze.reading.languages import language_of, main_language
from shared.domain.records import Finding


def line(text: str, start_s: float, end_s: float, name: str = "text") -> Finding:
    return Finding(
        name=name,
        modality="text",
        value=text,
        start_s=start_s,
        end_s=end_s,
        confidence=0.99,
        producer="text",
        producer_version="2",
        box=(0.1, 0.1, 0.5, 0.1),
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Damit die folgenden Folien als verschieden erkannt werden", "de"),
        ("The only phone that is made for you and your friends", "en"),
        ("Comment faire pour les enfants dans la ville", "fr"),
        ("Cómo se hace una tortilla de patatas para los niños", "es"),
        ("Como fazer um bolo que não seja muito caro", "pt"),
        ("Come si fa la pizza che piace alla nonna", "it"),
        ("Zo maak je een taart die niet te zoet is", "nl"),
        ("Nu är det jul och alla är glada", "sv"),
        ("Jak to się robi, że nie ma już więcej", "pl"),
        ("今日はいい天気ですね", "ja"),
        ("春眠不觉晓处处闻啼鸟", "zh"),
        ("오늘은 날씨가 좋네요", "ko"),
    ],
)
def test_sentences_say_their_language(text: str, language: str) -> None:
    found = language_of(text)
    assert found is not None
    assert found[0] == language
    assert 0.7 <= found[1] < 1


@pytest.mark.parametrize(
    "text",
    [
        "Google Pixel HDMI chrome",
        "COMING SOON",
        "",
        "12:30 4K 60 fps",
        "Det er en god dag og jeg har den",  # Danish as well as Norwegian
        "the end and the beginning of it, das Ende und der Anfang davon",
    ],
)
def test_names_numbers_and_mixtures_say_none(text: str) -> None:
    assert language_of(text) is None


def test_the_finding_spans_the_lines_it_follows_from() -> None:
    lines = [
        line("Damit die folgenden", 2, 4),
        line("als verschieden erkannt werden", 6, 9),
        line("x", 0, 12, "qr_code"),
    ]
    (found,) = main_language(lines)
    assert (found.name, found.value, found.start_s, found.end_s, found.box) == ("text_language", "de", 2, 9, None)
    assert not list(main_language(lines[:1]))
