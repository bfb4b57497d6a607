"""Every API that something is made in is enabled, and before that is made."""

from __future__ import annotations

from pathlib import Path

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
THE_LEAST = {"project_service"}
"""By this, the others are enabled."""
KMS_KEY = "projects/demo/locations/europe-west1/keyRings/automations/cryptoKeys/data"


def check_apis(plan: Plan) -> None:
    kinds = {block.partition(".")[0].removeprefix("google_") for block in plan.after} | {
        address.partition(".")[0].removeprefix("google_") for address in plan.resources
    }
    enabled = set(plan.of("project_service"))
    for kind in kinds - THE_LEAST:
        if kind == "data":
            continue
        needed = [api for beginning, api in APIS.items() if kind.startswith(beginning)]
        assert needed, f"nobody has said which API makes google_{kind}"
        assert set(needed) <= enabled, kind
    made = {address.partition("[")[0] for address in plan.resources}
    for block in made - {"google_project_service.this"}:
        assert "google_project_service.this" in plan.after.get(block, ()), (
            f"{block} is made before its API is enabled"
        )


def test_every_api_is_enabled_before_it_is_used() -> None:
    check_apis(planned(kms_key=KMS_KEY))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("apis.tf", '      "cloudscheduler",\n', ""),
        ("registry.tf", "  depends_on = [google_project_service.this]\n", ""),
    ],
)
def test_an_api_that_is_not_there_in_time_is_found(name: str, old: str, new: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, f"infra/gcp/{name}", old, new))

    with pytest.raises(AssertionError):
        check_apis(breached)


def test_models_are_enabled_where_something_asks_them() -> None:
    assert "aiplatform" not in planned().of("project_service")
    assert "aiplatform" in planned(analyzers=["gemini"]).of("project_service")
    assert "aiplatform" in planned(embedder="gemini").of("project_service")
