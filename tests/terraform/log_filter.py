"""The part of Cloud Logging's query language, and of its extractors, that log-based metrics here are written in.

Whatever else a filter says is refused, so that nothing passes for understood that is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["extracted", "matches", "named_fields"]

_COMPARISON: Final = re.compile(r'([\w.]+)(=|>=)("[^"]*"|-?[\d.]+|\("[^"]*"(?: OR "[^"]*")*\))')
_EXTRACTOR: Final = re.compile(r"EXTRACT\(([\w.]+)\)")


def matches(expression: str, entry: Mapping[str, Any]) -> bool:
    """Tells whether a log entry is one that a filter selects.

    Args:
        expression: Comparisons joined by ``AND``.
        entry: The entry, as Cloud Logging's API shows it.

    Raises:
        ValueError: The filter says something that is not understood here.
    """
    return all(_holds(comparison, entry) for comparison in expression.split(" AND "))


def extracted(extractor: str, entry: Mapping[str, Any]) -> Any:
    """Returns what an extractor takes out of a log entry; None where there is nothing.

    Raises:
        ValueError: The extractor is not understood here.
    """
    return _value(_field(extractor), entry)


def named_fields(expression: str) -> set[str]:
    """Returns the fields that a filter or an extractor names."""
    if expression.startswith("EXTRACT"):
        return {_field(expression)}
    return {_parsed(comparison)[0] for comparison in expression.split(" AND ")}


def _field(extractor: str) -> str:
    match = _EXTRACTOR.fullmatch(extractor)
    if match is None:
        raise ValueError(f"not understood: {extractor}")
    return match[1]


def _parsed(comparison: str) -> tuple[str, str, str]:
    match = _COMPARISON.fullmatch(comparison)
    if match is None:
        raise ValueError(f"not understood: {comparison}")
    return match[1], match[2], match[3]


def _holds(comparison: str, entry: Mapping[str, Any]) -> bool:
    field, operator, operand = _parsed(comparison)
    value = _value(field, entry)
    if operator == ">=":
        return isinstance(value, int | float) and value >= float(operand)
    return value in re.findall(r'"([^"]*)"', operand)


def _value(field: str, entry: Mapping[str, Any]) -> Any:
    value: Any = entry
    for part in field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
