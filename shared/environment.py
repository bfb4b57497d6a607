"""How settings are given: read from the environment, which nothing else reads, and handed on to a process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from shared.domain.errors import ConfigurationError
from shared.settings import Settings

__all__ = ["environment", "load_settings", "unknown_variables", "variable_of"]

_PREFIX = "AUTOMATIONS_"

_OF_THE_PLATFORM = {
    "execution": "CLOUD_RUN_EXECUTION",
    "job": "CLOUD_RUN_JOB",
    "revision": "K_REVISION",
    "service": "K_SERVICE",
    "task": "CLOUD_RUN_TASK_INDEX",
}
"""Settings that the platform gives under a name of its own."""


def load_settings() -> Settings:
    """Reads the settings from the environment.

    Raises:
        ConfigurationError: A value is missing or out of range; the message names it.
    """
    given = _given()
    try:
        settings: Settings = _convert(given, Settings)
    except ValueError as error:
        wrong = "; ".join(_wrong_ones(given)) or error
        raise ConfigurationError("bad_settings", f"The settings are wrong. {wrong}.") from error
    return settings


def environment() -> dict[str, str]:
    """Returns the whole environment, for a process of the same deployment that is to run this code."""
    before = os.environ.get("PYTHONPATH")
    root = str(Path(__file__).parents[1])
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{before}" if before else root}


def variable_of(name: str) -> str:
    """Returns the environment variable that a setting is read from."""
    return _OF_THE_PLATFORM.get(name, _PREFIX + name.upper())


def unknown_variables() -> dict[str, str]:
    """Returns the variables named like settings that set nothing, each with the one most like it, if any."""
    known = list(_variables())
    unknown = [name for name in os.environ if name.startswith(_PREFIX) and name not in known]
    return {name: _most_like(name, known) for name in sorted(unknown)}


def _variables() -> Iterator[str]:
    defaults = Settings()
    for setting in fields(Settings):
        variable, default = variable_of(setting.name), getattr(defaults, setting.name)
        yield variable
        if is_dataclass(default):
            yield from (f"{variable}__{part.name.upper()}" for part in fields(default))


def _most_like(name: str, known: Sequence[str]) -> str:
    part = name.removeprefix(_PREFIX)
    endings = [variable for variable in known if variable.endswith(f"__{part}")]
    alike = get_close_matches(part, [variable.removeprefix(_PREFIX) for variable in known], n=1)
    return endings[0] if endings else "".join(_PREFIX + variable for variable in alike)


def _given() -> dict[str, Any]:
    """Returns the settings that the environment names, as text in the structure of their defaults."""
    given: dict[str, Any] = {}
    defaults = Settings()
    for setting in fields(Settings):
        variable, default = variable_of(setting.name), getattr(defaults, setting.name)
        text = os.environ.get(variable)
        if text is not None:
            given[setting.name] = _structured(variable, text, default)
        if is_dataclass(default):
            parts = _parts(f"{variable}__", {part.name: getattr(default, part.name) for part in fields(default)})
            if parts and isinstance(given.setdefault(setting.name, {}), dict):
                given[setting.name].update(parts)
    return given


def _parts(prefix: str, defaults: Mapping[str, object]) -> dict[str, Any]:
    """Returns the parts of a structured setting that the environment names one by one."""
    parts = {
        name.removeprefix(prefix).lower(): text for name, text in os.environ.items() if name.startswith(prefix)
    }
    for name in parts:
        if name not in defaults:
            raise ConfigurationError(
                "bad_settings", f"The settings are wrong. There is no {prefix}{name.upper()}; see the README."
            )
    return {name: _structured(prefix + name.upper(), text, defaults[name]) for name, text in parts.items()}


def _structured(variable: str, text: str, default: object) -> Any:
    if isinstance(default, tuple):
        return [name.strip() for name in text.split(",") if name.strip()]
    if isinstance(default, Mapping) or is_dataclass(default):
        try:
            return json.loads(text)
        except ValueError as error:
            raise ConfigurationError(
                "bad_settings", f"The settings are wrong. {variable} is not JSON: {error}."
            ) from error
    return text


def _wrong_ones(given: Mapping[str, Any]) -> list[str]:
    """Says of each setting that is wrong by itself what is wrong with it."""
    kinds, wrong = get_type_hints(Settings, include_extras=True), []
    for name, value in given.items():
        try:
            _convert(value, kinds[name])
        except ValueError as error:
            reason, _, place = str(error).partition(" - at `$.")
            part = place.rstrip("`")
            kind = kinds[name]
            if is_dataclass(kind):
                kind = get_type_hints(kind).get(part)
            if get_origin(kind) is Literal:
                reason = f"is none of {', '.join(get_args(kind))}"
            elif kind is bool:
                reason = "is neither true nor false"
            part = f"__{part.upper()}" if part else ""
            wrong.append(f"{variable_of(name)}{part}: {reason}")
    return wrong


def _convert(value: object, kind: Any) -> Any:
    return msgspec.convert(value, kind, strict=False, dec_hook=lambda custom, text: custom(text))
