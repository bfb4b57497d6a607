"""The Terraform files as text; `make check` looks at their form, and whether the provider knows what they say."""

from __future__ import annotations

import re

import pytest

from tests.terraform.planning import PROJECT, ROOT, planned

MODULE = ROOT / "infra" / "gcp"
ENVIRONMENTS = sorted(file.stem for file in (MODULE / "environments").glob("*.tfvars"))


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
