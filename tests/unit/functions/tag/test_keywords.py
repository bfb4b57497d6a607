from __future__ import annotations

from dataclasses import replace

import pytest

from functions.tag.strategies.keywords import KeywordsTagger
from shared.domain.records import Finding, Tag
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import text, video, words


def tags(*findings: Finding) -> dict[str, Tag]:
    return {tag.label: tag for tag in KeywordsTagger(ports()).tag(video(*findings))}


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("Path Expressions", {"path expressions"}),
        ("THE BLENDER FOUNDATION", {"blender foundation"}),
        ("HALINA REIJN - THOM HOFFMAN", {"halina reijn", "thom hoffman"}),
        ("Google Pixel 8", {"google pixel 8"}),
        ("© ETH Zürich, 2007", {"eth zürich"}),
        ("XQuery includes XPath (not just embedded)", {"xquery", "xpath"}),
        ("人工智能 入門", {"人工智能 入門"}),
        ("The Wedding", {"wedding"}),
        ("Hiking", {"hiking"}),
        ("About sailing boats", {"sailing boats"}),
        ("Black Friday", {"black friday"}),
        ("Night Train", {"night train"}),
        ("Second Chance", {"second chance"}),
        ("XQuery: a language", {"xquery", "language"}),
        ("Music: Moby", {"moby"}),
        ("Camera Obscura", {"camera obscura"}),
    ],
)
def test_short_lines_and_names_are_labels(line: str, labels: set[str]) -> None:
    assert set(tags(text(line))) == labels


@pytest.mark.parametrize(
    "line",
    [
        "Power cord required and not shown in this picture",  # a sentence
        "REALIZED WITH THE SUPPORT OF:",
        "step = (axis, test)",
        "http://durian.blender.org",
        "COMING SOON",
        "08.10/15.10.2006",
        "xk7q 4b",
        "brrt",
        "how it is",
        "Thank you for watching",
        "Thanks for listening!",
        "Keep watching",
        "Danke fürs Zuschauen",
        "Every second evening",
        "Two litres per plant",
        "Litres per plant",
        "On Monday and Thursday",
        "Monday to Friday",
        "jeden Montag",
        "Three times a week",
        "Read More",
        "Shop now!",
        "Contact us",
        "Sign up",
        "Questions: info@example.org",
        "Phone: 030 123456",
        "online from monday",
        "The library opens at nine",
        "Music: Ines Pohl",  # that is a person
        "Film by Anna Berger",
        "DIRECTED BY",
    ],
)
def test_sentences_code_addresses_and_noise_are_not(line: str) -> None:
    assert not tags(text(line))


@pytest.mark.parametrize(
    "doubt",
    [
        {"confidence": 0.96},
        {"box": (0.1, 0.9, 0.6, 0.02)},
        {"box": (0.0, 0.5, 0.5, 0.1)},
        {"box": (0.5, 0.5, 0.5, 0.1)},
    ],
    ids=["badly read", "small print", "cut off left", "cut off right"],
)
def test_a_doubtful_reading_is_no_label(doubt: dict[str, object]) -> None:
    assert not tags(text("Audio Magic Eraser", **doubt))


def test_a_label_carries_where_it_was_read() -> None:
    (found,) = tags(text("Path Expressions", start_s=1.0, end_s=4.0, confidence=0.98))["path expressions"].evidence
    assert (found.start_s, found.end_s, found.modality, found.quote) == (1.0, 4.0, "text", "Path Expressions")
    assert (found.producer, found.confidence) == ("text", 0.98)


def test_what_stands_out_is_a_topic() -> None:
    assert tags(text("Sintel"))["sintel"].kind == "text"
    assert tags(text("Sintel", box=(0.1, 0.1, 0.6, 0.08)))["sintel"].kind == "topic"
    assert tags(text("Sintel"), text("SINTEL", start_s=5.0, end_s=6.0))["sintel"].kind == "topic"


def test_what_stays_from_slide_to_slide_does_not_come_back() -> None:
    first = text("Main Points", end_s=5.0)
    assert tags(first, text("Main Points", start_s=5.0, end_s=9.0))["main points"].kind == "text"
    assert tags(first, text("Main Points", start_s=7.0, end_s=9.0))["main points"].kind == "topic"


def test_of_lines_that_are_all_large_the_first_is_the_title() -> None:
    lines = [text(line, box=(0.1, 0.2 * n, 0.6, 0.08)) for n, line in enumerate(("Apples", "Pears", "Plums"), 1)]
    assert {label: tag.kind for label, tag in tags(*lines).items()} == {
        "apples": "topic",
        "pears": "text",
        "plums": "text",
    }
    assert {tag.kind for tag in tags(*lines[:2]).values()} == {"topic"}


def test_a_heading_of_two_lines_is_one_topic() -> None:
    first = text("Saturday Farmers", box=(0.1, 0.1, 0.6, 0.1))
    found = tags(first, text("Market", box=(0.1, 0.24, 0.3, 0.08)))
    assert {label: tag.kind for label, tag in found.items()} == {"saturday farmers market": "topic"}
    assert found["saturday farmers market"].evidence[0].quote == "Saturday Farmers Market"


def test_a_template_that_nobody_filled_in_says_nothing() -> None:
    assert not tags(text("Title of the presentation", box=(0.1, 0.1, 0.6, 0.1)), text("Lorem Ipsum"))


def test_larger_and_repeated_is_surer() -> None:
    small, large = tags(text("Sintel")), tags(text("Sintel", box=(0.1, 0.1, 0.6, 0.08)))
    twice = tags(text("Sintel"), text("SINTEL", start_s=5.0, end_s=6.0))
    assert small["sintel"].confidence < large["sintel"].confidence < twice["sintel"].confidence < 1


def test_words_that_come_back_are_topics() -> None:
    lines = (
        text("Bind the dot to each node of the sequence at hand"),
        text("Evaluate again with this binding, giving another sequence of them"),
        text("Concatenate all of the partial sequences that were made so far"),
    )
    found = tags(*lines[:2], replace(lines[2], start_s=2.0, end_s=4.0))
    assert set(found) == {"sequence"}
    assert (found["sequence"].kind, len(found["sequence"].evidence)) == ("topic", 3)
    assert tags(*lines)["sequence"].kind == "text", "on one slide, however many of its lines say so"


def test_a_part_of_one_longer_phrase_is_not_said_again() -> None:
    found = tags(
        text("Why are neural networks so good at it these days"),
        text("How neural networks come to be used in practice"),
        text("What neural networks will never be able to do"),
    )
    assert set(found) == {"neural networks"}


def test_clear_speech_alone_makes_a_topic_when_it_comes_back() -> None:
    said = [words(f"we now {verb} the telescope on the roof") for verb in ("mount", "point", "clean")]
    found = tags(*said)
    assert {"telescope", "roof"} >= set(found) > set()
    assert {tag.kind for tag in found.values()} == {"topic"}


def test_unclear_speech_alone_makes_nothing() -> None:
    assert not tags(*[words(f"{n} the telescope", confidence=0.4) for n in ("mount", "point", "clean")])


def test_unclear_speech_supports_what_was_read() -> None:
    alone = tags(text("Telescopes"))["telescopes"]
    supported = tags(text("Telescopes"), words("mount the telescope", confidence=0.4))["telescopes"]
    assert (alone.kind, supported.kind) == ("text", "topic")
    assert alone.confidence < supported.confidence
    assert {item.modality for item in supported.evidence} == {"text", "speech"}


def test_only_the_best_are_kept() -> None:
    letters = "abcdefghijklmnop"
    lines = [text(f"Word{letter}ing", box=(0.1, 0.1, 0.5, 0.03 + n / 1000)) for n, letter in enumerate(letters)]
    assert set(tags(*lines)) == {f"word{letter}ing" for letter in letters[-10:]}


def test_the_end_of_a_sentence_in_the_line_below_is_no_label() -> None:
    above = text("Only one branch allowed to raise execution", box=(0.1, 0.5, 0.8, 0.04))
    end = text("errors", box=(0.1, 0.56, 0.1, 0.04))
    assert not tags(above, end)
    assert set(tags(above, text("Errors", box=(0.1, 0.56, 0.1, 0.04)))) == {"errors"}, "that begins anew"
    assert set(tags(above, text("errors", box=(0.1, 0.8, 0.1, 0.04)))) == {"errors"}
    assert set(tags(above, text("errors", box=(0.1, 0.56, 0.1, 0.04), start_s=5.0, end_s=6.0))) == {"errors"}
