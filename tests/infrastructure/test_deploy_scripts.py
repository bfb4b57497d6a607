"""The scripts around the build: what they ask docker and gcloud for, and that they can be run again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terraform.planning import ROOT

SCRIPTS = ROOT / "infra" / "deploy"
REPOSITORY = "europe-west1-docker.pkg.dev/demo/automations"
BASE = "python@sha256:aaa"
STATE = "gs://demo-terraform"
RIGHTS = {
    ("projects", "demo", "deployer"): [
        "artifactregistry.admin",
        "cloudkms.admin",
        "cloudscheduler.admin",
        "compute.loadBalancerAdmin",
        "compute.securityAdmin",
        "containeranalysis.admin",
        "datastore.owner",
        "iam.roleAdmin",
        "iam.serviceAccountAdmin",
        "iam.serviceAccountUser",
        "logging.admin",
        "monitoring.admin",
        "ondemandscanning.admin",
        "pubsub.admin",
        "resourcemanager.projectIamAdmin",
        "run.admin",
        "secretmanager.admin",
        "serviceusage.serviceUsageAdmin",
        "storage.admin",
    ],
    ("projects", "demo", "planner"): [
        "artifactregistry.writer",
        "iam.securityReviewer",
        "logging.logWriter",
        "ondemandscanning.admin",
        "viewer",
    ],
    ("storage buckets", STATE, "planner"): ["storage.legacyBucketReader", "storage.objectViewer"],
}
"""What somebody may do who builds: kind, resource and account -> roles."""

STATE_BUCKET = [
    f"gcloud storage buckets create {STATE} --project=demo --location=europe-west1 --uniform-bucket-level-access",
    (
        f"gcloud storage buckets update {STATE} --project=demo --public-access-prevention --versioning "
        "--update-labels=environment=production"
    ),
]


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
    assert any(
        "buckets update gs://demo-terraform --project=demo --public-access-prevention" in call
        for call in shell.calls
    )
    assert shell.calls[-1].startswith("gcloud beta builds submit"), "the other one shows no log"
    assert any("--update-labels=environment=production" in call for call in shell.calls)
    assert "keys create" not in " ".join(shell.calls), "nobody gets a key file"


def bootstrapped(shell: Shell, folder: Path = ROOT) -> list[str]:
    """Returns what bootstrapping an empty project asks gcloud for."""
    shell.program("gcloud", 'case "$*" in *" describe "*) exit 1;; esac')
    ended = shell.run("bash", folder / "infra/deploy/bootstrap.sh", "demo", "europe-west1", "production")
    assert ended.returncode == 0, ended.stderr
    return shell.calls


def rights_given(calls: list[str]) -> dict[tuple[str, str, str], list[str]]:
    """Returns kind, resource and account of each grant -> its roles."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for call in calls:
        if "iam-policy" in call:
            granted = re.match(r"gcloud (.+) add-iam-policy-binding (\S+) ", call)
            member = re.search(r"--member=serviceAccount:(\w+)@demo\.iam\.gserviceaccount\.com(?= |$)", call)
            role = re.search(r"--role=roles/(\S+)", call)
            assert granted, call
            assert member, call
            assert role, call
            found.setdefault((granted[1], granted[2], member[1]), []).append(role[1])
    return {to: sorted(roles) for to, roles in found.items()}


def state_bucket(calls: list[str]) -> list[str]:
    """Returns how the bucket of Terraform's state is made and changed."""
    return [call for call in calls if re.match(r"gcloud storage (?!buckets (describe|add-iam))", call)]


def test_those_who_build_get_these_rights_and_no_others(shell: Shell) -> None:
    assert rights_given(bootstrapped(shell)) == RIGHTS


def test_the_state_is_in_a_bucket_that_nobody_can_open_and_that_keeps_versions(shell: Shell) -> None:
    assert state_bucket(bootstrapped(shell)) == STATE_BUCKET


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("for role in artifactregistry.admin", "for role in owner artifactregistry.admin"),
        ("for role in storage.objectViewer", "for role in storage.objectAdmin"),
        ("logging.logWriter ondemandscanning.admin viewer", "logging.logWriter ondemandscanning.admin editor"),
        (" --public-access-prevention", ""),
        ("--versioning", "--versioning --no-public-access-prevention"),
    ],
)
def test_a_right_too_many_and_an_open_bucket_are_found(shell: Shell, old: str, new: str) -> None:
    script = shell.folder / "infra/deploy/bootstrap.sh"
    script.parent.mkdir(parents=True)
    shutil.copytree(ROOT / "infra/gcp/environments", shell.folder / "infra/gcp/environments")
    text = (SCRIPTS / "bootstrap.sh").read_text()
    assert text.count(old) == 1
    script.write_text(text.replace(old, new))

    calls = bootstrapped(shell, shell.folder)

    assert (rights_given(calls), state_bucket(calls)) != (RIGHTS, STATE_BUCKET)


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
