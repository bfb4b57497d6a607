"""Whether the project can be reached: the project, its APIs, the clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import Deployment

__all__ = ["APIS", "GEMINI_API", "check_apis", "check_clock", "check_project"]

APIS: Final = (
    "artifactregistry",
    "cloudresourcemanager",
    "cloudscheduler",
    "firestore",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "storage",
)
"""What the functions and this look at them use."""

GEMINI_API: Final = "aiplatform"

_SKEW_S: Final = 10.0
"""A ``Date`` header has whole seconds, and an answer takes some time. Tokens may be off by half a minute."""


def check_project(deployment: Deployment) -> Iterator[Check]:
    """Looks at the project itself."""
    found = deployment.apis.get("cloudresourcemanager", f"v3/projects/{deployment.project}")
    state = found.get("state", "ACTIVE")
    problems = [] if state == "ACTIVE" else [f"It is {state}: gcloud projects undelete {deployment.project}"]
    yield verdict_on("Project", f"{deployment.project} ({found['name']})", missing=problems)


def check_apis(deployment: Deployment) -> Iterator[Check]:
    """Looks whether every API is enabled."""
    path = f"v1/projects/{deployment.project}/services"
    enabled = {
        service["config"]["name"].removesuffix(".googleapis.com")
        for service in deployment.apis.listed(
            "serviceusage", path, "services", filter="state:ENABLED", pageSize="200"
        )
    }
    settings = deployment.wiring.settings
    uses_gemini = "gemini" in settings.analyzers or settings.embedder == "gemini"
    needed = {*APIS, *([GEMINI_API] if uses_gemini else [])}
    off = [f"{api}.googleapis.com" for api in sorted(needed - enabled)]
    problems = (
        [f"Not enabled: gcloud services enable {' '.join(off)} --project {deployment.project}"] if off else []
    )
    yield verdict_on("APIs", f"{len(needed)} are enabled", missing=problems)


def check_clock(deployment: Deployment) -> Iterator[Check]:
    """Compares this machine's clock with Google's, as of what was asked before."""
    skew_s = deployment.apis.skew_s
    side = "ahead of" if skew_s > 0 else "behind"
    problems = [f"This machine's clock is {abs(skew_s):.0f} s {side} Google's: set it, or tokens are refused."]
    yield verdict_on("Clock", "agrees with Google's", warnings=problems if abs(skew_s) > _SKEW_S else [])
