from __future__ import annotations

from functions.analyze.crosscheck import crosschecked
from functions.analyze.statements import Title, chapter_spans, united
from shared.domain.records import Finding
from shared.testing.videos import object_ref
from tests.unit.functions.tag.found import text, told, words


def places(findings: list[Finding] | tuple[Finding, ...] | object) -> list[tuple[object, float, float]]:
    assert isinstance(findings, list | tuple)
    return [(one.value, one.start_s, one.end_s) for one in findings]


def label(value: str, start_s: float, end_s: float, confidence: float = 0.8, **values: object) -> Finding:
    return told("label", value, start_s=start_s, end_s=end_s, confidence=confidence, **values)


def said(value: str, start_s: float, end_s: float) -> Finding:
    return told("words", value, start_s=start_s, end_s=end_s, modality="speech")


def test_what_goes_on_over_a_border_is_one_with_the_surest_evidence() -> None:
    frame = object_ref("key-1")
    (one,) = united([[label("train", 40, 60)], [label("Train", 60, 75, 0.9, frame=frame, shot=1)]])
    assert (one.start_s, one.end_s, one.confidence, one.frame, one.shot) == (40, 75, 0.9, frame, 1)
    (one,) = united([[label("train", 40, 60, 0.9)], [label("train", 55, 58, 0.7, frame=frame)]])
    assert (one.start_s, one.end_s, one.confidence, one.frame) == (40, 60, 0.9, None)


def test_over_many_windows_too() -> None:
    windows = [[label("train", at, at + 60)] for at in range(0, 600, 60)]
    assert places(united(windows)) == [("train", 0, 600)]


def test_what_comes_again_later_is_another_one() -> None:
    assert len(united([[label("train", 0, 10), label("train", 20, 30)], [label("train", 62, 70)]])) == 3
    assert len(united([[label("train", 0, 60)], [label("snow", 60, 70)]])) == 2
    shown = told("text", "train", modality="text", start_s=0.0, end_s=60.0)
    assert len(united([[label("train", 0, 60), shown]])) == 2, "one is seen, the other is read"


def test_entries_in_any_order_are_united() -> None:
    found = united([[label("train", 20, 30), label("train", 0, 10), label("train", 9, 21)]])
    assert places(found) == [("train", 0, 30)]


def test_lines_are_compared_without_case_and_signs() -> None:
    shown = [
        told("text", value, modality="text", start_s=at, end_s=at + 5) for value, at in (("OPEN!", 0), ("Open", 5))
    ]
    assert len(united([shown])) == 1
    signs = [told("text", value, modality="text") for value in ("→", "←")]
    assert len(united([signs])) == 2


def test_who_says_something_twice_says_it_twice_unless_a_border_cuts_it() -> None:
    assert len(united([[said("No.", 5, 6), said("No.", 6, 7)]])) == 2
    assert places(united([[said("No, never.", 58, 60)], [said("No, never.", 60, 61)]])) == [("No, never.", 58, 61)]
    assert len(united([[said("No.", 5, 8), said("No.", 6, 7)]])) == 1, "nobody says it while saying it"


def test_chapters_last_until_the_next_whatever_the_window() -> None:
    def title(text: str, start_s: float) -> Title:
        return Title(text=text, start_s=start_s, by="m")

    found = chapter_spans([title("Trains", 0), title("Snow", 40), title("snow", 60), title("Home", 100)], 130.0)
    assert [(one.text, one.start_s, end_s) for one, end_s in found] == [
        ("Trains", 0, 40),
        ("Snow", 40, 100),
        ("Home", 100, 130),
    ]
    (only,) = chapter_spans([title("Trains", 10), title("Rails", 10)], 60.0)
    assert (only[0].text, only[1]) == ("Trains", 60.0)
    assert chapter_spans([], 60.0) == ()


class TestCrosscheck:
    READ = (
        text("Grand 0pening Today", start_s=10.0, end_s=14.0),
        words("welcome to the show", start_s=20.0, end_s=22.0),
    )

    def marks(self, *statements: Finding) -> list[tuple[bool | None, float]]:
        checked = crosschecked([*self.READ, *statements])
        return [(one.verified, one.confidence) for one in checked if one.prompt_version]

    def test_lines_and_phrases_must_be_read_or_heard_then(self) -> None:
        def quoted(value: str, start_s: float, name: str = "text") -> Finding:
            return told(name, value, modality="text", start_s=start_s, end_s=start_s + 2)

        assert self.marks(
            quoted("Grand Opening Today", 10.0),
            quoted("Grand Opening Today", 15.5),  # clocks of models are coarse
            quoted("Grand Opening Today", 30.0),
            quoted("Grand Closing Today", 10.0),
            quoted("Welcome to the show!", 20.0, "words"),
        ) == [(True, 0.9), (True, 0.9), (False, 0.45), (False, 0.45), (True, 0.9)]

    def test_elsewhere_what_stands_in_quotation_marks_is_a_quote(self) -> None:
        def described(value: str) -> Finding:
            return told("description", value, start_s=8.0, end_s=25.0)

        assert self.marks(
            described("A man welcomes people."),
            described('A sign says "Grand Opening".'),
            described('A sign says "Lottery Winner".'),
            described('A sign says "Grand Opening", then "Lottery Winner".'),
            label("opening", 8, 25),
        ) == [(None, 0.9), (True, 0.9), (False, 0.45), (False, 0.45), (None, 0.8)]

    def test_models_do_not_vouch_for_each_other(self) -> None:
        shown = told("text", "Lottery Winner", modality="text")
        assert self.marks(shown, shown) == [(False, 0.45)] * 2

    def test_what_was_found_on_the_device_stays_as_it_is(self) -> None:
        assert crosschecked(self.READ) == list(self.READ)
