from __future__ import annotations

from functions.tag.strategies.labels import LabelsTagger
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import text, told, video, words


def test_a_label_is_a_tag_with_all_its_places() -> None:
    findings = [
        told("label", "train", confidence=0.7),
        told("label", "Train", confidence=0.8, start_s=4.0, end_s=6.0),
        told("label", "ghost", confidence=0.3),
        told("description", "A train leaves."),
    ]
    (tag,) = LabelsTagger(ports()).tag(video(*findings))
    assert (tag.label, tag.kind, tag.confidence) == ("train", "topic", 0.8)
    assert [(each.start_s, each.modality, each.quote) for each in tag.evidence] == [
        (0.0, "picture", "train"),
        (4.0, "picture", "Train"),
    ]


def test_without_a_model_there_are_none() -> None:
    assert [*LabelsTagger(ports()).tag(video(text("Train")))] == []


def test_of_very_many_the_surest_are_taken() -> None:
    findings = [told("label", f"thing {number}", confidence=0.5 + number / 1000) for number in range(100)]
    tags = [*LabelsTagger(ports()).tag(video(*findings))]
    assert [tag.label for tag in tags] == [f"thing {number}" for number in range(99, 69, -1)]


def test_a_detector_finds_objects() -> None:
    (tag,) = LabelsTagger(ports()).tag(video(told("object", "QR code")))
    assert (tag.label, tag.kind) == ("qr code", "object")


def test_lines_and_phrases_confirm_what_a_model_says() -> None:
    others = [
        text("All Trains", start_s=1.0),
        words("the train leaves", start_s=5.0, end_s=6.0),
        text("training"),
        told("text", "train", modality="text"),
    ]
    (tag,) = LabelsTagger(ports()).tag(video(told("label", "train", confidence=0.7), *others))
    assert tag.confidence == 0.7, "that a word is read does not make a model surer"
    assert [item.quote for item in tag.evidence] == ["train", "All Trains", "the train leaves"]
