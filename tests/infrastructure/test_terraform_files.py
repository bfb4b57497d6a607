"""The Terraform files as text: formatted, known to the provider, and with a plan for every environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.terraform.planning import PROJECT, ROOT, planned

MODULE = ROOT / "infra" / "gcp"
CHECK = ROOT.parent / "shared" / "tools" / "terraform_check" / "check.py"
ENVIRONMENTS = sorted(file.stem for file in (MODULE / "environments").glob("*.tfvars"))


def missing(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def test_files_are_formatted() -> None:
    program = shutil.which("terraform") or missing("Terraform 1.11 is not installed")
    run = subprocess.run(
        [program, "fmt", "-check", "-diff", "-recursive", MODULE], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr


def terraform_check(folder: Path) -> subprocess.CompletedProcess[str]:
    if not CHECK.is_file():
        missing(f"{CHECK} is not there")
    return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)


def test_the_provider_knows_every_argument() -> None:
    run = terraform_check(MODULE)

    assert run.returncode == 0, run.stdout + run.stderr


def test_an_argument_that_the_provider_does_not_know_is_found(tmp_path: Path) -> None:
    text = (MODULE / "registry.tf").read_text()
    (tmp_path / "registry.tf").write_text(text.replace("repository_id", "repository_name"))

    assert terraform_check(tmp_path).returncode == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_says_all_but_what_to_run_and_where(environment: str) -> None:
    """The build tells project, region and images: a file that told them too could tell others."""
    assert planned(environment=environment).of("storage_bucket")["uploads"]["name"] == f"{PROJECT}-uploads"
    told = set(
        re.findall(r"^(\w+) +=", (MODULE / "environments" / f"{environment}.tfvars").read_text(), re.MULTILINE)
    )
    assert not told & {"project", "region", "images", "release"}


def test_every_variable_says_what_it_is() -> None:
    for file in MODULE.glob("*.tf"):
        for block in re.findall(r'^variable "\w+" \{.*?^\}', file.read_text(), re.MULTILINE | re.DOTALL):
            assert re.search(r'^  description = ".+\."$', block, re.MULTILINE), block
            assert re.search(r"^  type +=", block, re.MULTILINE), block


def test_nothing_holds_a_key() -> None:
    for kind in ("google_service_account_key", "google_secret_manager_secret_version", "google_storage_hmac_key"):
        assert not any(kind in file.read_text() for file in MODULE.rglob("*.tf"))
