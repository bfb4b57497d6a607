"""Whether links and receipts can be signed: the secrets, and the API's right to sign."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Final

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import DEPLOY, Deployment
from infra.local.cloud_doctor.google_apis import ApiRefusal

__all__ = ["check_secrets", "check_signing"]

_HOLDS: Final = {"signing-key": "openssl ecparam -name prime256v1 -genkey -noout", "database-url": "printf %s URL"}
"""Secret -> what prints what belongs into it."""


def check_secrets(deployment: Deployment) -> Iterator[Check]:
    """Looks whether the secrets that functions are given hold something; what, is not read."""
    needed = ["signing-key", *(["database-url"] if deployment.wiring.settings.database_url else [])]
    problems = []
    for name in needed:
        path = f"v1/projects/{deployment.project}/secrets/{name}/versions/latest"
        try:
            state = deployment.apis.get("secretmanager", path).get("state")
        except ApiRefusal as refusal:
            if refusal.status != 404:
                raise
            state = "empty"
        if state != "ENABLED":
            add = f"gcloud secrets versions add {name} --data-file=- --project {deployment.project}"
            problems.append(f"{name} is {str(state).lower()}: {_HOLDS[name]} | {add}")
    yield verdict_on("Secrets", f"{', '.join(needed)}: the newest version is enabled", missing=problems)


def check_signing(deployment: Deployment) -> Iterator[Check]:
    """Looks whether the API's account can sign links: by signing, or else by who may."""
    account = deployment.account("fn-api")
    path = f"projects/{{}}/serviceAccounts/{account}"
    try:
        payload = base64.b64encode(b"doctor").decode()
        deployment.apis.ask("iamcredentials", f"v1/{path.format('-')}:signBlob", {"payload": payload})
    except ApiRefusal as refusal:
        if refusal.status != 403:
            raise
    else:
        yield verdict_on("Signing", f"links are signed as {account}")
        return
    policy = deployment.apis.ask("iam", f"v1/{path.format(deployment.project)}:getIamPolicy", {})
    members = {member for binding in policy.get("bindings", []) for member in binding.get("members", [])}
    problems = []
    if f"serviceAccount:{account}" not in members:
        problems.append(f"{account} may not sign for itself: no links to the buckets. {DEPLOY} lets it.")
    yield verdict_on("Signing", f"{account} may sign links (you may not, and need not)", missing=problems)
