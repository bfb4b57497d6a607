"""A Cloud Build configuration file, read as strictly as Cloud Build reads it: what it does not know, it refuses.

The fields are those of Google's "build configuration file schema" that a build of containers can need; others are
refused, so that a slip is seen before a build is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.domain.errors import ConfigurationError

__all__ = ["BUILT_IN", "Build", "Options", "Step", "load_build", "substituted"]

Duration: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]{1,9})?s$")]
Assignment: TypeAlias = Annotated[str, Field(pattern=r"(?s)^[A-Za-z_][A-Za-z0-9_]*=.*$")]
Machine: TypeAlias = Literal["E2_MEDIUM", "E2_HIGHCPU_8", "E2_HIGHCPU_32", "N1_HIGHCPU_8", "N1_HIGHCPU_32"]
Line: TypeAlias = Annotated[str, Field(pattern=r"(?s)^.+$")]

BUILT_IN: Final = frozenset(
    {
        "PROJECT_ID",
        "PROJECT_NUMBER",
        "BUILD_ID",
        "LOCATION",
        "TRIGGER_NAME",
        "COMMIT_SHA",
        "REVISION_ID",
        "SHORT_SHA",
        "REPO_NAME",
        "REPO_FULL_NAME",
        "BRANCH_NAME",
        "TAG_NAME",
        "REF_NAME",
        "TRIGGER_BUILD_CONFIG_PATH",
        "SERVICE_ACCOUNT_EMAIL",
        "SERVICE_ACCOUNT",
    }
)
"""Substitutions that Cloud Build makes itself."""

_USE: Final = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
"""``$$`` stands for a dollar."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class Volume(_Strict):
    """A folder that steps share beside the workspace."""

    name: Line
    path: Line


class Step(_Strict):
    """One container that is run in the workspace."""

    name: Line
    id: Line
    entrypoint: Line | None = None
    args: tuple[str, ...] = ()
    script: Line | None = None
    env: tuple[Assignment, ...] = ()
    secret_env: tuple[Line, ...] = ()
    dir: Line | None = None
    wait_for: tuple[Line, ...] | None = None
    timeout: Duration | None = None
    allow_failure: bool = False
    allow_exit_codes: tuple[int, ...] = ()
    volumes: tuple[Volume, ...] = ()
    automap_substitutions: bool = False


class Options(_Strict):
    """What holds for all steps."""

    env: tuple[Assignment, ...] = ()
    secret_env: tuple[Line, ...] = ()
    logging: Literal["CLOUD_LOGGING_ONLY", "GCS_ONLY", "LEGACY", "NONE"] | None = None
    machine_type: Machine | None = None
    disk_size_gb: int | None = None
    dynamic_substitutions: bool = False
    automap_substitutions: bool = False
    substitution_option: Literal["MUST_MATCH", "ALLOW_LOOSE"] = "MUST_MATCH"


class Secret(_Strict):
    """A version of a secret, and the variable that it is given to steps in."""

    version_name: Line
    env: Line


class AvailableSecrets(_Strict):
    """Secrets that steps may ask for."""

    secret_manager: tuple[Secret, ...] = ()


class Build(_Strict):
    """A build."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=300)]
    timeout: Duration
    service_account: Line
    options: Options
    substitutions: Mapping[str, str] = {}
    available_secrets: AvailableSecrets = AvailableSecrets()
    tags: tuple[Line, ...] = ()
    images: tuple[Line, ...] = ()


def load_build(path: Path) -> Build:
    """Reads a configuration file.

    Args:
        path: The file.

    Raises:
        ConfigurationError: ``bad_build``: Cloud Build would refuse it, or do something else than it seems to say.
    """
    try:
        # Lists become tuples in JSON mode only; the file itself has nothing that JSON has not.
        build = Build.model_validate(_tuples(yaml.safe_load(path.read_text())))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError("bad_build", f"{path.name}: {error}") from error
    problems = list(_problems(build))
    if problems:
        raise ConfigurationError("bad_build", f"{path.name}: {'; '.join(problems)}.")
    return build


def substituted(text: str, values: Mapping[str, str]) -> str:
    """Returns a text with its substitutions made.

    Args:
        text: A field of a build.
        values: Name -> value.

    Raises:
        ConfigurationError: ``no_substitution``: one has no value.
    """

    def value(use: re.Match[str]) -> str:
        name = use[1] or use[2]
        if name is None:
            return "$"
        if name not in values:
            raise ConfigurationError("no_substitution", f"{name} has no value; give it one: {name}=...")
        return values[name]

    return _USE.sub(value, text)


def _tuples(value: object) -> object:
    if isinstance(value, list):
        return tuple(_tuples(one) for one in value)
    return {key: _tuples(one) for key, one in value.items()} if isinstance(value, dict) else value


def _problems(build: Build) -> Iterator[str]:
    yield from _order_problems(build)
    yield from _substitution_problems(build)
    secrets = {secret.env for secret in build.available_secrets.secret_manager}
    for step in build.steps:
        if step.script is not None and (step.args or step.entrypoint is not None):
            yield f"step {step.id} has a script, and args or an entrypoint beside it"
        for name in {*step.secret_env, *build.options.secret_env} - secrets:
            yield f"step {step.id} asks for the secret {name}, which availableSecrets does not name"
        if step.timeout is not None and _seconds(step.timeout) > _seconds(build.timeout):
            yield f"step {step.id} has more time than the whole build"
    if build.options.logging is None:
        yield "with a service account of one's own, options.logging must say where logs go"


def _order_problems(build: Build) -> Iterator[str]:
    for name, times in Counter(step.id for step in build.steps).items():
        if times > 1:
            yield f"there are {times} steps {name}"
    before: set[str] = {"-"}
    for step in build.steps:
        for name in set(step.wait_for or ()) - before:
            yield f"step {step.id} waits for {name}, which is no step before it"
        before.add(step.id)


def _substitution_problems(build: Build) -> Iterator[str]:
    declared = set(build.substitutions)
    used = {use[1] or use[2] for text in _texts(build.model_dump()) for use in _USE.finditer(text)} - {None}
    for name in declared:
        if not re.fullmatch("_[A-Z0-9_]+", name):
            yield f"the substitution {name} must begin with _ and be in capitals"
    for name in used - declared - BUILT_IN:
        yield f"{name} is used and not declared"
    for name in declared - used:
        yield f"{name} is declared and not used"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in {"substitutions", "script"}:  # a script sees variables, not substitutions
                yield from _texts(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _texts(one)


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
