"""The scripts around the build: what they ask docker and gcloud for, and that they can be run again."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.terraform.planning import ROOT

SCRIPTS = ROOT / "infra" / "deploy"
REPOSITORY = "europe-west1-docker.pkg.dev/demo/automations"
BASE = "python@sha256:aaa"


class Shell:
    """A folder where scripts run, with programs that write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._calls = folder, folder / "calls"
        self._environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(self._calls),
        }
        (folder / "bin").mkdir()

    def program(self, name: str, body: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >> "$CALLS"\n{body}\n')
        path.chmod(0o755)

    def run(self, *argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        self._calls.write_text("")
        return subprocess.run(
            argv,
            cwd=self.folder,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def build(shell: Shell, base: str = "python:3.11-slim-bookworm") -> subprocess.CompletedProcess[str]:
    return shell.run(
        "bash",
        SCRIPTS / "build_images.sh",
        PROJECT="demo",
        REGION="europe-west1",
        COMMIT="abc",
        BASE_IMAGE=base,
    )


def test_both_images_are_built_from_one_digest_and_named_by_theirs(shell: Shell) -> None:
    shell.program(
        "docker",
        f"""case "$*" in
            *"inspect --format {{{{index"*) echo {BASE};;
            inspect*light*) echo elsewhere/light@sha256:old; echo {REPOSITORY}/light@sha256:111;;
            inspect*media*) echo {REPOSITORY}/media@sha256:222;;
        esac""",
    )

    assert build(shell).returncode == 0

    built = [call for call in shell.calls if call.startswith("docker build")]
    assert [call.split("--target ")[1].split()[0] for call in built] == ["light", "media"]
    arguments = (ROOT / "infra" / "Dockerfile").read_text()
    for call in built:
        assert f"--build-arg BASE={BASE} --build-arg REVISION=abc" in call
        assert "\nARG BASE\n" in arguments
        assert "\nARG REVISION" in arguments
    images = json.loads((shell.folder / "build" / "images.auto.tfvars.json").read_text())["images"]
    assert images == {"light": f"{REPOSITORY}/light@sha256:111", "media": f"{REPOSITORY}/media@sha256:222"}


def test_an_image_that_could_not_be_pushed_is_not_deployed(shell: Shell) -> None:
    shell.program("docker", f'case "$*" in push*media*) exit 1;; inspect*) echo {BASE};; esac')

    assert build(shell).returncode != 0
    assert not (shell.folder / "build" / "images.auto.tfvars.json").exists()


@pytest.mark.parametrize(("there", "made"), [(False, 3), (True, 0)], ids=["first run", "second run"])
def test_bootstrapping_makes_what_is_not_there(shell: Shell, there: bool, made: int) -> None:
    shell.program("gcloud", 'case "$*" in *" describe "*) ' + ("exit 0" if there else "exit 1") + ";; esac")

    ended = shell.run("bash", SCRIPTS / "bootstrap.sh", "demo", "europe-west1", "production")

    assert ended.returncode == 0, ended.stderr
    created = [call for call in shell.calls if "buckets create" in call or "service-accounts create" in call]
    assert len(created) == made
    assert any("buckets update gs://demo-terraform --project=demo --versioning" in call for call in shell.calls)
    assert shell.calls[-1].startswith("gcloud beta builds submit"), "the other one shows no log"
    assert any("--update-labels=environment=production" in call for call in shell.calls)
    assert "keys create" not in " ".join(shell.calls), "nobody gets a key file"


def test_bootstrapping_makes_no_other_environment_of_a_project(shell: Shell) -> None:
    shell.program("gcloud", 'case "$*" in *labels.environment*) echo production;; esac')

    refused = shell.run("bash", SCRIPTS / "bootstrap.sh", "demo", "europe-west1", "staging")

    assert refused.returncode == 1
    assert "demo is production, and not staging" in refused.stderr
    assert not any(word in " ".join(shell.calls) for word in ("create", "update", "submit"))


@pytest.mark.parametrize(
    ("made_for", "said"),
    [("production", None), ("staging", "is staging, and not production"), ("", "no environment")],
)
def test_a_project_is_deployed_as_what_it_was_made_for(shell: Shell, made_for: str, said: str | None) -> None:
    shell.program("gcloud", f'case "$*" in *gs://demo-terraform*labels.environment*) echo {made_for};; esac')

    ended = shell.run("bash", SCRIPTS / "environment.sh", PROJECT="demo", ENVIRONMENT="production")

    assert ended.returncode == (0 if said is None else 1)
    assert (said or "") in ended.stderr


def test_what_can_not_be_asked_about_is_not_deployed(shell: Shell) -> None:
    shell.program("gcloud", "exit 1")

    ended = shell.run("bash", SCRIPTS / "environment.sh", PROJECT="demo", ENVIRONMENT="production")

    assert ended.returncode != 0


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "europe-west1", "nowhere"]])
def test_bootstrapping_says_what_it_needs(shell: Shell, arguments: list[str]) -> None:
    shell.program("gcloud", "exit 1")

    assert shell.run("bash", SCRIPTS / "bootstrap.sh", *arguments).returncode == 2
    assert shell.calls == []


def test_only_what_is_committed_is_deployed(shell: Shell) -> None:
    shell.program("gcloud", 'case "$*" in *labels.environment*) echo production;; esac')
    shell.program("git", 'case "$*" in status*) echo "$CHANGED";; *) echo abc;; esac')
    submit = ("bash", SCRIPTS / "submit.sh", "demo", "europe-west1", "production")

    assert shell.run(*submit, CHANGED=" M README.md").returncode == 1
    assert not any(call.startswith("gcloud") for call in shell.calls)
    assert shell.run(*submit, CHANGED="").returncode == 0
    assert "COMMIT_SHA=abc,_REGION=europe-west1,_ENVIRONMENT=production" in shell.calls[-1]
    assert shell.calls[-1].startswith("gcloud beta builds submit"), "the other one shows no log"
    assert shell.run("bash", SCRIPTS / "submit.sh", "", "europe-west1", "production").returncode != 0
    assert shell.run("bash", SCRIPTS / "submit.sh", "demo", "europe-west1", "staging", CHANGED="").returncode == 1
    assert not any("submit" in call for call in shell.calls), "nothing is built for the wrong environment"


def test_a_bill_of_materials_waits_for_the_registrys_scan(shell: Shell) -> None:
    (shell.folder / "build").mkdir()
    images = '{"images": {"light": "r/light@sha256:1", "media": "r/media@sha256:2"}}'
    (shell.folder / "build" / "images.auto.tfvars.json").write_text(images)
    shell.program("gcloud", '[ "$(grep -c "^gcloud" "$CALLS")" -gt 2 ]')
    shell.program("sleep", "")

    assert shell.run("bash", SCRIPTS / "sbom.sh").returncode == 0
    assert shell.calls.count("gcloud artifacts sbom export --uri=r/light@sha256:1") == 3
    assert shell.calls[-1] == "gcloud artifacts sbom export --uri=r/media@sha256:2"
