"""Sparse answers: ``?fields=id,media.duration_s`` leaves the rest out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct, inspect

from functions.api.problems import Refusal

__all__ = ["FieldChoice", "chosen_fields", "items_field", "picked"]

FieldChoice: TypeAlias = dict[str, "FieldChoice | None"]
"""Field -> what is wanted inside of it; None for all of it."""

_MAX_CHARS: Final = 1000

_Place: TypeAlias = inspect.StructType | inspect.DataclassType | inspect.DictType


def chosen_fields(kind: type[Struct], text: str) -> FieldChoice:
    """Returns what a caller wants of an answer.

    Args:
        kind: What the answer is.
        text: The parameter.

    Raises:
        Refusal: 422, there is no such field.
    """
    items = items_field(kind)
    top = _inside(inspect.type_info(kind))
    whole = _fields(top) if top is not None else {}
    place = _inside(whole[items]) if items is not None else top
    choice: FieldChoice = {}
    for path in text[: _MAX_CHARS + 1].split(","):
        names = path.strip().split(".")
        if len(text) > _MAX_CHARS or not _leads_somewhere(place, names):
            known = ", ".join(_fields(place)) if place is not None else "none"
            raise Refusal(422, "invalid_parameters", f"There is no such field; there are {known}.", field="fields")
        _choose(choice, names)
    return choice if items is None else dict.fromkeys(whole) | {items: choice}


def picked(value: object, choice: FieldChoice) -> Any:
    """Returns what was chosen of JSON-ready values."""
    if isinstance(value, Mapping):
        return {
            name: value[name] if inner is None else picked(value[name], inner)
            for name, inner in choice.items()
            if name in value
        }
    if isinstance(value, list | tuple):
        return [picked(item, choice) for item in value]
    return value


@cache
def items_field(kind: type[Struct]) -> str | None:
    """Returns the field of a list that holds its items, which is its first; None for what is no list."""
    first = msgspec.structs.fields(kind)[:1]
    if not first:
        return None
    held = inspect.type_info(first[0].type)
    is_list = isinstance(held, inspect.VarTupleType) and _fields(_inside(held)) != {}
    return first[0].encode_name if is_list else None


def _choose(choice: FieldChoice, names: Sequence[str]) -> None:
    first, *others = names
    if not others:
        choice[first] = None
    elif (inner := choice.setdefault(first, {})) is not None:
        _choose(inner, others)


def _leads_somewhere(place: _Place | None, names: Sequence[str]) -> bool:
    for name in names:
        if isinstance(place, inspect.DictType):
            place = _inside(place.value_type)
        elif name in (known := _fields(place)):
            place = _inside(known[name])
        else:
            return False
    return True


def _fields(place: _Place | None) -> dict[str, inspect.Type]:
    if isinstance(place, inspect.StructType | inspect.DataclassType):
        return {field.encode_name: field.type for field in place.fields}
    return {}


def _inside(kind: inspect.Type) -> _Place | None:
    """Returns what has fields in a type: itself, its items, or what it may be."""
    return next(_places(kind), None)


def _places(kind: inspect.Type) -> Iterator[_Place]:
    if isinstance(kind, inspect.StructType | inspect.DataclassType | inspect.DictType):
        yield kind
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _places(one)
    elif isinstance(kind, inspect.VarTupleType | inspect.ListType):
        yield from _places(kind.item_type)
    elif isinstance(kind, inspect.Metadata):
        yield from _places(kind.type)
