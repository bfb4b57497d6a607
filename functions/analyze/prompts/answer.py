"""What all forms of answers have in common: a model's answer is data from a stranger until it has been read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema

__all__ = ["Answer", "AnswerError", "Confidence", "Moment", "clock", "parsed", "schema_of"]

A = TypeVar("A", bound="Answer")

_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d{1,3})?)")
_MOST_PROBLEMS: Final = 10  # more say nothing new


class AnswerError(Exception):
    """An answer can't be used.

    Args:
        problems: What is wrong with it, one sentence each.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems[:_MOST_PROBLEMS])
        super().__init__("; ".join(self.problems))


class Answer(BaseModel):
    """Base of all forms. No number may be NaN, no field may be there that was not asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _seconds(value: object) -> float:
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time must be written as MM:SS or MM:SS.f")
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def _share(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ValueError("a confidence must be from 0 to 1")
    return value


# Models see the clock as text and read it off better than they calculate seconds. Bounds are checked here and not
# told in the schema, where each costs a part of a small budget.
Moment = Annotated[float, BeforeValidator(_seconds), WithJsonSchema({"type": "string"})]
"""Seconds from the beginning of the clip, which the model writes as MM:SS."""

Confidence = Annotated[float, AfterValidator(_share)]
"""0..1."""


def clock(time_s: float) -> str:
    """Returns a time as models are told it: MM:SS.f."""
    tenths = round(time_s * 10)
    return f"{tenths // 600:02d}:{tenths % 600 // 10:02d}.{tenths % 10}"


def schema_of(form: type[Answer]) -> Mapping[str, Any]:
    """Returns the JSON Schema that tells a model the form; without what Vertex AI does not know."""
    known: Mapping[str, Any] = _without(form.model_json_schema(), {"additionalProperties", "title", "description"})
    return known


def parsed(form: type[A], text: str) -> A:
    """Returns an answer in its form.

    Raises:
        AnswerError: It is no JSON, or has another form.
    """
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        places = ((".".join(map(str, each["loc"])) or "the answer", each["msg"]) for each in found)
        raise AnswerError([f"{place}: {message}" for place, message in places]) from error


def _without(schema: Any, names: set[str]) -> Any:
    """Returns a schema without keywords; properties of the same names stay."""
    if isinstance(schema, list):
        return [_without(each, names) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        name: value for name, value in schema.items() if name not in names or not isinstance(value, str | bool)
    }
    return {name: _without(value, names) for name, value in kept.items()}
