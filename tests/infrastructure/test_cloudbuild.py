"""cloudbuild.yaml is one that Cloud Build takes, and its steps run here as it says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.deploy import run_steps
from infra.deploy.build_config import load_build
from shared.domain.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
FILE = ROOT / "cloudbuild.yaml"
PULL_REQUEST = ROOT / "infra" / "cloudbuild.pull-request.yaml"
FOUNDATION = ROOT / "infra" / "cloudbuild.foundation.yaml"
VALUES = {"PROJECT_ID": "demo", "COMMIT_SHA": "abc"}
FIRST_THAT_CHANGES_ANYTHING = "sbom"

TINY = """
steps:
  - id: greet
    name: debian
    entrypoint: bash
    args: [-c, 'echo "$$GREETING $$HOME_IS ${_WHO} from $(basename $$PWD)" > told']
    dir: here
    env: [HOME_IS=set]
  - id: count
    name: debian
    script: |
      #!/usr/bin/env bash
      echo "$_WHO and $PROJECT_ID" > counted
    automapSubstitutions: true
    waitFor: [greet]
  - id: slow
    name: debian
    entrypoint: sh
    args: [-c, exit 3]
    allowExitCodes: [3]
timeout: 60s
serviceAccount: projects/$PROJECT_ID/serviceAccounts/x
options:
  logging: CLOUD_LOGGING_ONLY
  env: [GREETING=hello]
substitutions:
  _WHO: you
"""


def written(tmp_path: Path, text: str = TINY) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", [FILE, PULL_REQUEST, FOUNDATION], ids=lambda path: str(path.name))
def test_every_build_file_is_one(path: Path) -> None:
    build = load_build(path)

    for command in run_steps.commands(build, VALUES):
        scripts = [word for word in command.argv if word.endswith(".sh") or word == ".ci/run"]
        modules = [word.replace(".", "/") + ".py" for word in command.argv if word.startswith("infra.")]
        assert scripts or modules
        for name in (*scripts, *modules):
            assert (ROOT / name).is_file(), f"{command.step} runs {name}"


def test_a_pull_request_is_the_same_up_to_the_plan_and_changes_nothing() -> None:
    whole, part = load_build(FILE), load_build(PULL_REQUEST)

    assert part.steps == whole.steps[: len(part.steps)]
    assert (part.steps[-1].id, whole.steps[len(part.steps)].id) == ("plan", FIRST_THAT_CHANGES_ANYTHING)
    assert (part.options, part.substitutions) == (whole.options, whole.substitutions)
    assert "/planner@" in part.service_account
    assert "/deployer@" in whole.service_account


@pytest.mark.parametrize("path", [FILE, PULL_REQUEST], ids=lambda path: str(path.name))
def test_nothing_is_planned_for_another_environment_than_the_projects(path: Path) -> None:
    names = [step.id for step in load_build(path).steps]

    assert names.index("environment") == names.index("plan") - 1


def test_the_plan_is_what_is_applied() -> None:
    planned = re.search(r"-out=(\S+)", (ROOT / "infra/deploy/plan.sh").read_text())
    applied = re.findall(r"^terraform .* apply .*", (ROOT / "infra/deploy/apply.sh").read_text(), re.MULTILINE)

    assert planned is not None
    assert [line.split()[-1] for line in applied] == [planned[1]], "a saved plan: nothing else is done"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("entrypoint: bash", "entrypiont: bash", "entrypiont"),
        ("dir: here", "timeout: 90m", "timeout"),
        ("dir: here", "timeout: 61s", "more time than the whole build"),
        ("dir: here", "secretEnv: [KEY]", "the secret KEY"),
        ("id: count", "id: greet", "2 steps greet"),
        ("waitFor: [greet]", "waitFor: [slow]", "waits for slow"),
        ("automapSubstitutions: true", "args: [x]", "a script, and args"),
        ("  _WHO: you", "  _WHOM: you", "_WHO is used and not declared"),
        ("  _WHO: you", "  _WHO: you\n  _WHEN: now", "_WHEN is declared and not used"),
        ("$PROJECT_ID/serviceAccounts", "$PROJEKT/serviceAccounts", "PROJEKT is used"),
        ("logging: CLOUD_LOGGING_ONLY", "logging: TO_DISK", "logging"),
        ("  logging: CLOUD_LOGGING_ONLY\n", "", "logging must say"),
        ("env: [GREETING=hello]", "env: [GREETING]", "env"),
        ("    name: debian\n    script", "    script", "name"),
    ],
)
def test_what_cloud_build_would_refuse_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TINY
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        load_build(written(tmp_path, TINY.replace(old, new)))


def test_steps_run_as_they_are_written(workspace: Path) -> None:
    assert run_steps.main([str(written(workspace)), "--with-google", "PROJECT_ID=demo"]) == 0

    assert (workspace / "here" / "told").read_text() == "hello set you from here\n"
    assert (workspace / "counted").read_text() == "you and demo\n"


def test_a_step_that_fails_ends_the_build(workspace: Path) -> None:
    file = written(workspace, TINY.replace("allowExitCodes: [3]", "allowExitCodes: [4]"))

    assert run_steps.main([str(file), "--with-google", "PROJECT_ID=demo"]) == 3


def test_nothing_runs_that_might_need_google_unless_it_is_asked_for(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_steps.main([str(written(workspace)), "PROJECT_ID=demo"]) == 2

    assert "greet, count, slow" in capsys.readouterr().err
    assert not (workspace / "here" / "told").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--until", "never"], "no step never"), (["--with-google"], "PROJECT_ID has no value")],
)
def test_what_can_not_be_run_is_said(
    workspace: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TINY.replace("GREETING=hello", "GREETING=$PROJECT_ID")

    assert run_steps.main([str(written(workspace, text)), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_step_that_only_its_image_knows_can_not_be_run_here(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TINY.replace("    entrypoint: sh\n", "")

    assert run_steps.main([str(written(workspace, text)), "PROJECT_ID=demo", "--dry-run"]) == 2
    assert "known to its image only" in capsys.readouterr().err


def test_the_checks_and_tests_of_the_real_build_run_word_for_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`make` stands in for itself, so that the tests do not run the tests."""
    (tmp_path / "make").write_text('#!/bin/sh\necho "$REQUIRE_ALL $PROJECT $*" >> "$MADE"\n')
    (tmp_path / "make").chmod(0o755)
    for installed in ("chromium", "git"):
        (tmp_path / installed).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MADE", str(tmp_path / "made"))
    monkeypatch.chdir(ROOT)

    assert run_steps.main([str(FILE), "--until", "test", "PROJECT_ID=demo", "COMMIT_SHA=abc"]) == 0

    assert (tmp_path / "made").read_text() == "0 demo check\n0 demo test\n"
    raw: dict[str, Any] = yaml.safe_load(FILE.read_text())
    assert [[step["entrypoint"], *step["args"]] for step in raw["steps"][:2]] == [
        ["bash", ".ci/run", "check"],
        ["bash", ".ci/run", "test"],
    ]
