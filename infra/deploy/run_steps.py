"""Runs the steps of a Cloud Build configuration file on this machine, word for word, without their containers.

    python -m infra.deploy.run_steps cloudbuild.yaml --until test      # in the project's folder

What a step says is what is run: entrypoint, arguments, script, environment, folder, time limit. Its image is what
differs, so whatever is not known to work without Google and that image is refused, unless ``--with-google``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.deploy.build_config import Build, Step, load_build, substituted
from shared.domain.errors import ConfigurationError

__all__ = ["Command", "commands", "main", "run"]

_LOCAL: Final = {".ci/run", "make"}
"""Programs that need nothing of Google's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A step, ready to run.

    Attributes:
        step: Its id.
        argv: The program and its arguments.
        environment: Variables beside those of this process.
        folder: Where it runs, relative to the workspace.
        timeout_s: Seconds that it has; None for as long as it takes.
        may_end_with: Exit codes with which the build goes on; None for any.
    """

    step: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    timeout_s: float | None
    may_end_with: frozenset[int] | None

    @property
    def is_local(self) -> bool:
        """Whether it is known to need nothing of Google's."""
        return not _LOCAL.isdisjoint(self.argv[:2])


def commands(build: Build, values: Mapping[str, str], *, until: str | None = None) -> Iterator[Command]:
    """Yields what the steps run, in an order in which each comes after those that it waits for: the file's.

    Args:
        build: The build.
        values: Substitutions beside, or instead of, those it declares.
        until: Id of the last step; None for all.

    Raises:
        ConfigurationError: ``no_step``: there is no such step; ``no_substitution``; ``no_entrypoint``: what a step
            runs is known to its image only.
    """
    ids = [step.id for step in build.steps]
    if until is not None and until not in ids:
        raise ConfigurationError("no_step", f"There is no step {until}; there are {', '.join(ids)}.")
    known = {**build.substitutions, **values}
    for step in build.steps[: ids.index(until) + 1 if until is not None else None]:
        yield _command(build, step, known)


def run(planned: Sequence[Command], workspace: Path, *, with_google: bool = False) -> int:
    """Runs commands one after the other and returns the exit status of the first that fails, or 0.

    Args:
        planned: The commands.
        workspace: The project's folder.
        with_google: Whether commands may be run that are not known to need nothing of Google's.

    Raises:
        ConfigurationError: ``needs_google``: one may not be; nothing was run.
    """
    refused = [command.step for command in planned if not (with_google or command.is_local)]
    if refused:
        raise ConfigurationError(
            "needs_google",
            f"These steps change or need something of Google's: {', '.join(refused)}. Stop before them with "
            "--until, or say --with-google.",
        )
    for command in planned:
        print(f"--- {command.step}: {shlex.join(command.argv)}", flush=True)  # noqa: T201  what a build log shows
        ended = subprocess.run(
            command.argv,
            cwd=workspace / command.folder,
            env={**os.environ, **command.environment},
            timeout=command.timeout_s,
            check=False,
        ).returncode
        if ended != 0 and command.may_end_with is not None and ended not in command.may_end_with:
            return ended
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--until", metavar="STEP", help="the last step to run")
    parser.add_argument("--with-google", action="store_true", help="also run what needs a project")
    parser.add_argument("--dry-run", action="store_true", help="only print the commands")
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE", help="substitutions")
    asked = parser.parse_intermixed_args(arguments)
    values = dict(value.partition("=")[::2] for value in asked.values)
    try:
        planned = list(commands(load_build(asked.file), values, until=asked.until))
        if asked.dry_run:
            print("\n".join(f"{one.step}: {shlex.join(one.argv)}" for one in planned))  # noqa: T201  the answer
            return 0
        return run(planned, Path.cwd(), with_google=asked.with_google)
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201  the answer
        return 2


def _command(build: Build, step: Step, values: Mapping[str, str]) -> Command:
    automapped = values if step.automap_substitutions or build.options.automap_substitutions else {}
    assignments = (substituted(one, values).partition("=") for one in (*build.options.env, *step.env))
    if step.script is not None:
        shebang = step.script.partition("\n")[0].removeprefix("#!") if step.script.startswith("#!") else "/bin/sh"
        argv = (*shlex.split(shebang), "-c", step.script)
    elif step.entrypoint is not None:
        argv = (step.entrypoint, *(substituted(one, values) for one in step.args))
    else:
        raise ConfigurationError("no_entrypoint", f"What the step {step.id} runs is known to its image only.")
    anything = None if step.allow_failure else frozenset(step.allow_exit_codes)
    return Command(
        step=step.id,
        argv=argv,
        environment={**automapped, **{name: value for name, _, value in assignments}},
        folder=substituted(step.dir or ".", values),
        timeout_s=None if step.timeout is None else float(step.timeout.removesuffix("s")),
        may_end_with=anything,
    )


if __name__ == "__main__":
    sys.exit(main())
