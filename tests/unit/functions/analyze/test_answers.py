from __future__ import annotations

import pytest

from functions.analyze.prompts.answer import Answer, AnswerError, clock, parsed, schema_of
from functions.analyze.prompts.window import WindowAnswer


class Numbers(Answer):
    values: tuple[float, ...]


@pytest.mark.reliability("A29")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_form_takes_what_is_no_number(number: str) -> None:
    with pytest.raises(AnswerError, match=r"values\.0: Input should be a finite number"):
        parsed(Numbers, f'{{"values": [{number}]}}')


def test_of_many_problems_some_are_told() -> None:
    with pytest.raises(AnswerError) as raised:
        parsed(Numbers, f'{{"values": [{", ".join(["true, null"] * 1000)}]}}')
    assert len(raised.value.problems) == 10


def test_the_schema_says_what_vertex_ai_knows_and_no_more() -> None:
    schema = schema_of(WindowAnswer)
    assert set(schema) == {"$defs", "properties", "required", "type"}
    assert "title" in schema["properties"], "a property may be called as a keyword is"
    assert schema["$defs"]["Label"] == {
        "properties": {
            "name": {"type": "string"},
            "confidence": {"type": "number"},
            "start": {"type": "string"},
            "end": {"type": "string"},
        },
        "required": ["name", "confidence", "start", "end"],
        "type": "object",
    }


@pytest.mark.parametrize(
    ("time_s", "shown"), [(0.0, "00:00.0"), (59.96, "01:00.0"), (61.25, "01:01.2"), (3725.5, "62:05.5")]
)
def test_the_clock_that_models_are_told(time_s: float, shown: str) -> None:
    assert clock(time_s) == shown
