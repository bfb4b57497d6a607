"""What infra/README.md tells an operator to type exists, and what builds may do is what they have to."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from infra.deploy.build_config import load_build
from infra.local.cli import app
from shared.adapters.signing_key import SigningKey
from tests.infrastructure.stand_in_gcloud import CLI_TREE, refusal_of
from tests.requirement import missing
from tests.terraform.planning import ROOT, planned

README = (ROOT / "infra" / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
BOOTSTRAP = (ROOT / "infra" / "deploy" / "bootstrap.sh").read_text()
SCRIPTS = sorted((ROOT / "infra" / "deploy").glob("*.sh"))
MOST_COMMANDS = 10
KMS_KEY = "projects/keys/locations/europe-west1/keyRings/automations/cryptoKeys/data"

ROLES = {
    "artifact_registry": "artifactregistry.admin",
    "cloud_run": "run.admin",
    "cloud_scheduler": "cloudscheduler.admin",
    "compute": "compute.loadBalancerAdmin",
    "firestore": "datastore.owner",
    "kms": "cloudkms.admin",
    "logging": "logging.admin",
    "monitoring": "monitoring.admin",
    "project_iam": "resourcemanager.projectIamAdmin",
    "project_iam_custom_role": "iam.roleAdmin",
    "project_service": "serviceusage.serviceUsageAdmin",
    "pubsub": "pubsub.admin",
    "secret_manager": "secretmanager.admin",
    "service_account": "iam.serviceAccountAdmin",
    "storage": "storage.admin",
}
"""Kind of resource -> the role that makes it; the longest beginning counts."""


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def blocks(text: str) -> list[str]:
    """Returns the blocks of shell, each command on one line."""
    found = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\\n\s*", "", block) for block in found]


MINE = "".join(section(title) for title in ("Deploy", "Environments", "Upgrade", "Disaster recovery"))
COMMANDS = [line for block in blocks(MINE) for line in block.splitlines() if line.strip()]
FIRST = blocks(section("Deploy"))[0].splitlines()


def calls(line: str) -> Iterator[list[str]]:
    """Yields each program that a line of shell runs, with its arguments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split = True
    call: list[str] = []
    for word in lexer:
        if set(word) <= set("|&;()"):
            yield call
            call = []
        else:
            call.append(word)
    yield call


def gcloud_calls(text: str) -> list[list[str]]:
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if "gcloud " in line and not line.lstrip().startswith("#")]
    return [
        call[1:]
        for line in lines
        for call in calls(re.sub(r".*?(?=gcloud )", "", line, count=1))
        if call[:1] == ["gcloud"]
    ]


def test_the_first_video_takes_at_most_ten_commands_and_each_is_explained() -> None:
    numbers = [line.rpartition("# ")[2] for line in FIRST]
    explained = re.findall(r"^(\d+)\. ", section("Deploy"), re.MULTILINE)

    assert numbers == [str(number) for number in range(1, len(FIRST) + 1)] == explained
    assert len(FIRST) <= MOST_COMMANDS
    assert any("automations process" in line for line in FIRST)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith(("make", "infra/", ".venv"))])
def test_every_program_of_ours_has_what_is_asked_of_it(line: str) -> None:
    program, *arguments = next(calls(line))
    if program == "make":
        target, *variables = arguments
        assert re.search(rf"^{target}:.*##", MAKEFILE, re.MULTILINE), f"there is no target {target}"
        for variable in variables:
            assert f"$({variable.partition('=')[0]})" in MAKEFILE
    elif program == ".venv/bin/automations":
        commands: Any = typer.main.get_command(app)
        command = commands.commands[arguments[0]]
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert {word for word in arguments if word.startswith("--")} <= flags
    else:
        assert os.access(ROOT / program, os.X_OK)
        assert (ROOT / "infra/gcp/environments" / f"{arguments[-1]}.tfvars").is_file()


@pytest.mark.parametrize(
    "text", [MINE, *(script.read_text() for script in SCRIPTS)], ids=["README", *(one.name for one in SCRIPTS)]
)
def test_gcloud_has_every_command_and_flag(text: str) -> None:
    if not CLI_TREE.is_file():
        missing("the Google Cloud CLI is not installed")
    asked = gcloud_calls("\n".join(blocks(text)) if text is MINE else text)

    assert bool(asked) == ("gcloud " in re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE))
    assert {call: refusal_of(list(call)) for call in map(tuple, asked)} == dict.fromkeys(map(tuple, asked))


def test_what_openssl_makes_signs_links_and_receipts() -> None:
    made = next(line for line in FIRST if line.startswith("openssl")).partition(" | ")[0]
    key = subprocess.run(shlex.split(made), capture_output=True, check=True).stdout

    assert SigningKey(key).public_keys()["keys"]


def test_the_tables_are_about_the_build() -> None:
    build = load_build(ROOT / "cloudbuild.yaml")
    steps = re.search(r"^\| step \|.*?\n\n", section("Deploy"), re.MULTILINE | re.DOTALL)
    told = re.search(r"<!-- substitutions -->(.*?)<!--", section("Deploy"), re.DOTALL)

    assert steps is not None
    assert told is not None
    first_columns = [row.split("|")[1] for row in steps[0].strip().splitlines()[2:]]
    named = re.findall(r"`([a-z]+)`", " ".join(first_columns))
    assert named == [step.id for step in build.steps]
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", told[1], re.MULTILINE)
    assert dict(rows) == dict(build.substitutions)


def test_what_is_applied_before_the_first_build_takes_no_images() -> None:
    targets = re.findall(r"-target=google_(\S+)\.(\S+)", (ROOT / "infra/deploy/foundation.sh").read_text())
    addresses = tuple(f"google_{kind}.{name}" for kind, name in targets)
    plan = planned(targets=addresses, images=None)

    assert targets
    for kind, name in targets:
        assert plan.of(kind, name), f"there is no google_{kind}.{name}"
    assert not plan.of("cloud_run_v2_service")


def test_the_smoke_test_finds_the_candidate() -> None:
    (asked,) = re.findall(r"output -raw (\w+)", (ROOT / "infra/deploy/apply.sh").read_text())

    assert planned().outputs[asked].startswith("https://candidate---api-")
    assert planned(domain="videos.example.com").outputs[asked] == "https://candidate.videos.example.com"


@pytest.mark.parametrize("script", ["plan.sh", "foundation.sh"])
def test_every_variable_without_a_default_is_given(script: str) -> None:
    declared = planned().shown["configuration"]["root_module"]["variables"]
    text = (ROOT / "infra/deploy" / script).read_text()
    given = {*re.findall(r"-var=[\"']?(\w+)=", text), *(["images"] if "images.auto.tfvars.json" in text else [])}

    assert given <= set(declared)
    assert given >= {name for name, variable in declared.items() if "default" not in variable}


def test_the_deployer_may_make_every_kind_of_resource() -> None:
    granted = re.search(r"for role in (.*?); do\n  grant deployer", BOOTSTRAP, re.DOTALL)
    assert granted is not None
    roles = set(granted[1].replace("\\\n", " ").split())
    plan = planned(domain="videos.example.com", kms_key=KMS_KEY)
    kinds = {address.rpartition("google_")[2].partition(".")[0] for address in plan.resources}

    for kind in kinds:
        beginning = max((one for one in ROLES if kind.startswith(one)), key=len)
        assert ROLES[beginning] in roles, f"nobody may make google_{kind}"
