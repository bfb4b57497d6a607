"""Every API that something is made in is enabled, and before that is made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.planning import Plan, edited, planned

# How the kind of a resource begins -> its API. Rights are set by the API of what they are to.
APIS = {
    "artifact_registry": "artifactregistry",
    "billing": "billingbudgets",
    "cloud_run": "run",
    "cloud_scheduler": "cloudscheduler",
    "cloudbuild": "cloudbuild",
    "compute": "compute",
    "firestore": "firestore",
    "kms": "cloudkms",
    "logging": "logging",
    "monitoring": "monitoring",
    "project_iam_audit": "cloudresourcemanager",
    "project_iam_custom_role": "iam",
    "project_iam_member": "cloudresourcemanager",
    "pubsub": "pubsub",
    "secret_manager": "secretmanager",
    "service_account": "iam",
    "storage": "storage",
}
EVERYTHING: Mapping[str, Any] = {
    "kms_key": "projects/demo/locations/europe-west1/keyRings/automations/cryptoKeys/data",
    "billing_account": "012345-6789AB-CDEF01",
    "alert_emails": ["operator@example.com"],
    "audit_data_access": True,
    "domain": "videos.example.com",
}


def check_apis(plan: Plan) -> None:
    blocks = {address.partition("[")[0] for address in plan.resources} - {"google_project_service.this"}
    enabled = set(plan.of("project_service"))
    for block in blocks:
        kind = block.partition(".")[0].removeprefix("google_")
        needed = [api for beginning, api in APIS.items() if kind.startswith(beginning)]
        assert needed, f"nobody has said which API makes {block}"
        assert set(needed) <= enabled, block
        assert "google_project_service.this" in plan.after.get(block, ()), f"{block} comes too early"


def test_every_api_is_enabled_before_it_is_used() -> None:
    check_apis(planned(**EVERYTHING))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("apis.tf", '      "cloudscheduler",\n', ""),
        ("registry.tf", "[google_project_service.this, google_kms_crypto_key_iam_member.agent]", "[]"),
    ],
)
def test_an_api_that_is_not_there_in_time_is_found(name: str, old: str, new: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, f"infra/gcp/{name}", old, new))

    with pytest.raises(AssertionError):
        check_apis(breached)


def test_whose_tokens_are_taken_decides_whether_identity_platform_is_enabled() -> None:
    own = {"issuer": "https://id.example.com/", "audience": "videos"}

    assert "identitytoolkit" in planned().of("project_service")
    assert "identitytoolkit" not in planned(auth=own).of("project_service")


def test_models_are_enabled_where_something_asks_them() -> None:
    assert "aiplatform" not in planned().of("project_service")
    assert "aiplatform" in planned(analyzers=["gemini"]).of("project_service")
    assert "aiplatform" in planned(embedder="gemini").of("project_service")
