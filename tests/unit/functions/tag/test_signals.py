from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from functions.tag.strategies.signals import SignalsTagger
from shared.domain.records import Finding, Tag
from shared.processors.tagger import TaggingInput
from shared.testing.videos import media_info, object_ref, shot, video_stream
from tests.unit.functions.analyze.studio import ports
from tests.unit.functions.tag.found import measured, span, text, video


def tags(given: TaggingInput) -> dict[str, Tag]:
    return {tag.label: tag for tag in SignalsTagger(ports()).tag(given)}


def test_an_ordinary_video_earns_no_label() -> None:
    ordinary = video(
        measured("motion", 0.02),
        measured("brightness", 0.45),
        measured("sharpness", 0.6),
        measured("loudness_lufs", -18.0, modality="sound"),
        measured("dominant_colors", ("gray", "blue"), confidence=0.7),
        segments=(shot(0, 0, 10), span("speech", 3, 4)),
    )
    assert not tags(ordinary)


@pytest.mark.parametrize(
    ("name", "value", "label", "kind"),
    [
        ("still", 10.0, "static picture", "style"),
        ("brightness", 0.1, "dark", "style"),
        ("brightness", 0.8, "bright", "style"),
        ("loudness_lufs", -8.0, "loud", "sound"),
        ("dominant_colors", ("green",), "mostly green", "style"),
    ],
)
def test_a_measurement_earns_a_label_and_is_its_evidence(name: str, value: Any, label: str, kind: str) -> None:
    frame = object_ref("key-0")
    found = tags(video(measured(name, value, frame=frame)))
    assert set(found) == {label}
    assert found[label].kind == kind
    (evidence,) = found[label].evidence
    assert (evidence.frame, evidence.start_s, evidence.end_s) == (frame, 0, 10)
    assert evidence.quote


@pytest.mark.parametrize(
    ("name", "value", "quote"),
    [
        ("brightness", 0.753, "75% as bright as white, on average"),
        ("still", 9.06, "nothing moves for 9.1 s"),
        ("loudness_lufs", -8.04, "-8.0 LUFS"),
        ("dominant_colors", ("green",), "mostly green"),
    ],
)
def test_a_measurement_is_quoted_in_words(name: str, value: Any, quote: str) -> None:
    (found,) = tags(video(measured(name, value))).values()
    assert found.evidence[0].quote == quote


def test_a_label_needs_most_of_the_time() -> None:
    def of(seconds: float) -> TaggingInput:
        dark = measured("brightness", 0.1, end_s=seconds)
        return video(dark, measured("brightness", 0.4, start_s=seconds))

    assert "dark" in tags(of(8.5))
    assert "dark" not in tags(of(7.5))


def test_two_main_colors_are_no_main_color() -> None:
    assert not tags(video(measured("dominant_colors", ("green", "blue"), confidence=0.9)))
    assert not tags(video(measured("dominant_colors", ("green",), confidence=0.4)))


@pytest.mark.parametrize(
    ("stream", "label"),
    [
        ({"width": 1920, "height": 1080, "rotation": 90}, "vertical video"),
        ({"width": 3840, "height": 2160}, "4k"),
        ({"hdr": "hlg"}, "hdr"),
        ({"fps": Fraction(60000, 1001)}, "high frame rate"),
    ],
)
def test_the_stream_tells(stream: dict[str, Any], label: str) -> None:
    assert set(tags(video(video=(video_stream(**stream),)))) == {label}


def test_no_sound_track_is_silence() -> None:
    assert tags(video(audio=()))["silent"].evidence[0].quote == "no sound track"


def test_fast_cutting_takes_many_short_shots() -> None:
    fast = tuple(shot(index, index * 2.0, index * 2.0 + 2) for index in range(5))
    assert "fast cut" in tags(video(segments=fast))
    assert "fast cut" not in tags(video(segments=fast[:4]))


def test_speech_must_be_a_good_part_of_the_sound() -> None:
    spoken = tags(video(segments=(span("speech", 1, 3, confidence=0.9), span("speech", 5, 7, confidence=0.7))))
    assert [(item.start_s, item.end_s, item.modality) for item in spoken["speech"].evidence] == [
        (1, 3, "sound"),
        (5, 7, "sound"),
    ]
    assert [item.quote for item in spoken["speech"].evidence] == ["2.0 s of speech", "2.0 s of speech"]
    assert spoken["speech"].confidence == pytest.approx(0.8)
    assert "speech" not in tags(video(segments=(span("speech", 1, 3),)))


def test_music_and_silence_are_told_with_their_places() -> None:
    heard = tags(video(segments=(span("music", 0, 4), span("silence", 6, 10), span("silence", 4, 4.5))))
    assert set(heard) == {"music", "silence"}
    assert [(item.start_s, item.end_s) for item in heard["silence"].evidence] == [(6, 10)]


def test_breaths_are_no_silence_and_silence_throughout_is_another_tag() -> None:
    assert not tags(video(segments=tuple(span("silence", n, n + 0.8) for n in range(10))))
    nothing = measured("sound_silent", -90.0, modality="sound")
    assert not tags(video(nothing, segments=(span("silence", 0, 10),)))


def test_slides_are_still_and_full_of_text() -> None:
    lines = [text(f"Line {n}", box=(0.1, n / 10, 0.5, 0.02 * n), end_s=10.0) for n in (1, 3, 2)]
    still = measured("still", 10.0)
    titles = [measured("still", 2.0, start_s=2.0 * n, end_s=2.0 * n + 2) for n in range(5)]
    assert tags(video(still, *lines))["slides"].evidence[0].quote == "Line 3"
    assert "slides" not in tags(video(*titles, *lines))
    assert "slides" not in tags(video(*lines))
    assert "slides" not in tags(video(still, *lines[:2]))


def test_a_slide_is_quoted_by_its_own_title_and_not_by_its_neighbours() -> None:
    def slide(number: int, start_s: float, end_s: float) -> list[Finding]:
        # What is read begins and ends a little late: the old title is seen until the new one is read.
        own = {"start_s": start_s + 0.2, "end_s": end_s + 0.1}
        return [
            text(f"Slide number {number}", box=(0.1, 0.1, 0.5, 0.10 - number / 100), **own),
            text("some points", box=(0.1, 0.3, 0.5, 0.04), **own),
            text("some more points", box=(0.1, 0.4, 0.5, 0.04), **own),
        ]

    stills = [measured("still", 5.0, start_s=start_s, end_s=start_s + 5) for start_s in (0.0, 5.0)]
    found = tags(video(*stills, *slide(1, 0.0, 5.0), *slide(2, 5.0, 9.9)))["slides"]
    assert [(item.start_s, item.quote) for item in found.evidence] == [
        (0.0, "Slide number 1"),
        (5.0, "Slide number 2"),
    ]
    assert "slides" not in tags(video(*stills, *slide(1, 0.0, 5.0))), "lines of a neighbour are none of a slide"


def test_sound_alone_is_judged_by_what_is_heard() -> None:
    recording = media_info(video=())
    loud = measured("loudness_lufs", -8.0, modality="sound")
    found = tags(TaggingInput(media=recording, segments=(span("speech", 0, 9),), findings=(loud,)))
    assert set(found) == {"loud", "speech"}
