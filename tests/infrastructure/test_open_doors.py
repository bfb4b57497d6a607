"""Nobody is let in but the project's own accounts and Google's agents; and anybody, to the API only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.least_privilege import FLOW, FUNCTIONS
from tests.terraform.planning import PROJECT, Plan, edited, planned
from tests.terraform.stand_in_provider import PROJECT_NUMBER

IDENTITY_TF = "infra/gcp/identity.tf"
RUN = 'resource "google_cloud_run_v2_service" "function" {'
MODELS = 'google_project_iam_custom_role.this["models.ask"].name'
STORAGE = "data.google_storage_project_service_account.this.member"
ACCOUNTS = {"pusher", *(f"fn-{function}" for function in FUNCTIONS)}
GOOGLES_AGENT = re.compile(
    rf"serviceAccount:service-{PROJECT_NUMBER}@"
    r"(gcp-sa-[a-z]+|gs-project-accounts|serverless-robot-prod)\.iam\.gserviceaccount\.com"
)
OPEN_API = ("google_cloud_run_v2_service_iam_member", "api", "roles/run.invoker", "allUsers")
"""The only grant to anybody: its kind, its service, its role, its member."""

EVERYTHING: dict[str, Any] = {
    "analyzers": ["text", "gemini"],
    "embedder": "gemini",
    "settings": {"AUTOMATIONS_TRACES": "otlp"},
    "domain": "videos.example.com",
    "kms_key": "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k",
}


def invokers(plan: Plan) -> list[tuple[str, str]]:
    """Returns each service with each member that may call it."""
    found = plan.of("cloud_run_v2_service_iam_member").values()
    assert {one["role"] for one in found} <= {"roles/run.invoker"}
    return sorted((one["name"], one["member"].partition("@")[0]) for one in found)


def open_doors(plan: Plan) -> list[str]:
    """Returns what lets in anybody, strangers, or somebody to everything."""
    found = []
    known = {f"serviceAccount:{account}@{PROJECT}.iam.gserviceaccount.com" for account in ACCOUNTS}
    for address, values in plan.resources.items():
        # All its values, since access lists of buckets and policies name their members elsewhere.
        said = json.dumps(values)
        grant = (address.partition(".")[0], *(values.get(name) for name in ("name", "role", "member")))
        if grant == OPEN_API:
            continue
        if re.search("allUsers|allAuthenticatedUsers", said):
            found.append(f"{address} is for anybody")
        if basic := re.search("roles/(owner|editor|viewer)\\b", said):
            found.append(f"{address} gives the basic role {basic[0]}")
        if values.get("invoker_iam_disabled"):
            found.append(f"{address} asks nobody who calls it")
        if re.search(r"_iam_(member|binding)\b", address):
            members = values.get("members") or [values.get("member")]
            strangers = [one for one in members if one not in known and not GOOGLES_AGENT.fullmatch(one or "")]
            found += [f"{address} is for the stranger {one}" for one in strangers]
    return found


def test_no_binding_takes_rights_from_anybody_else() -> None:
    plan = planned(**EVERYTHING)
    assert not [address for address in plan.resources if re.search("_iam_(binding|policy)", address)]


def test_only_pushes_get_to_event_services_and_anybody_to_the_api() -> None:
    pushed_to = sorted((function, "serviceAccount:pusher") for function in FLOW.served if function != "api")
    assert invokers(planned()) == sorted([*pushed_to, ("api", "allUsers")])
    assert invokers(planned(public_api=False)) == pushed_to


def test_a_second_invoker_of_an_event_service_is_found(tmp_path: Path) -> None:
    second = """resource "google_cloud_run_v2_service_iam_member" "second" {
      name   = google_cloud_run_v2_service.function["tag"].name
      role   = "roles/run.invoker"
      member = "allUsers"
    }

    """
    pushes = 'resource "google_cloud_run_v2_service_iam_member" "pusher"'
    breached = planned(edited(tmp_path, IDENTITY_TF, pushes, second + pushes))
    assert [member for service, member in invokers(breached) if service == "tag"] == [
        "allUsers",
        "serviceAccount:pusher",
    ]
    assert "google_cloud_run_v2_service_iam_member.second is for anybody" in open_doors(breached)


@pytest.mark.parametrize(
    "variables", [{}, EVERYTHING, {"sql_database": True}, {"public_api": False}], ids="-".join
)
def test_no_door_is_open_but_the_apis(variables: dict[str, Any]) -> None:
    assert open_doors(planned(**variables)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (IDENTITY_TF, STORAGE, '"allAuthenticatedUsers"', "is for anybody"),
        ("infra/gcp/run.tf", RUN, f"{RUN}\n  invoker_iam_disabled = true", "asks nobody who calls it"),
        ("infra/gcp/permissions.tf", MODELS, '"roles/editor"', "gives the basic role roles/editor"),
        (
            IDENTITY_TF,
            STORAGE,
            '"user:eve@example.com"',
            "is for the stranger user:eve@example.com",
        ),
        (
            IDENTITY_TF,
            STORAGE,
            '"serviceAccount:fn-api@elsewhere.iam.gserviceaccount.com"',
            "is for the stranger serviceAccount:fn-api@elsewhere",
        ),
    ],
    ids=["anybody", "no check", "basic role", "user", "account of another project"],
)
def test_an_open_door_is_found(name: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, name, old, new), **EVERYTHING)
    assert any(said in one for one in open_doors(breached))
