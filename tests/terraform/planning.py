"""Plans of infra/gcp by real Terraform over the stand-in provider."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.requirement import missing
from tests.terraform.stand_in_provider import PROJECT_NUMBER, Schema, StandInProvider

__all__ = ["PROJECT", "VARIABLES", "Plan", "RefusedPlan", "edited", "planned"]

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = "demo"
VARIABLES: Final[Mapping[str, object]] = {
    "project": PROJECT,
    "region": "europe-west1",
    "images": {"light": f"light@sha256:{'1' * 64}", "media": f"media@sha256:{'2' * 64}"},
}
"""The least that a deployment has to say."""

_QUIET_AND_QUICK: Final = {
    "CHECKPOINT_DISABLE": "1",
    "TF_CLI_CONFIG_FILE": "/dev/null",
    "GOGC": "400",  # collecting garbage took a third of a plan's time
}
"""Terraform's environment: it asks nobody for news, and heeds nobody's settings."""

_READS: Final = ("infra/gcp", "infra/README.md", "shared/pipeline.json")
"""What Terraform reads, relative to the project's root."""

_PROVIDER_SCHEMA: Final = ROOT.parent / "shared" / "tools" / "terraform_check" / "google_schema.json"
_MORE_SCHEMAS: Final = Path(__file__).with_name("more_schemas.json")
"""The same for kinds that are not in there; read from the published bindings of @cdktf/provider-google 16.12."""

_PLACE: Final = f"projects/{PROJECT}/locations/{{location}}"
_ACCOUNT: Final = f"{{account_id}}@{PROJECT}.iam.gserviceaccount.com"

_COMPUTED: Final[Mapping[str, Mapping[str, str]]] = {
    "artifact_registry_repository": {"id": f"{_PLACE}/repositories/{{repository_id}}"},
    "cloud_run_v2_job": {"id": f"{_PLACE}/jobs/{{name}}"},
    "cloud_run_v2_service": {
        "id": f"{_PLACE}/services/{{name}}",
        "uri": f"https://{{name}}-{PROJECT_NUMBER}.{{location}}.run.app",
    },
    "compute_backend_service": {"id": f"projects/{PROJECT}/global/backendServices/{{name}}"},
    "compute_global_address": {"address": "203.0.113.1"},
    "compute_managed_ssl_certificate": {"id": f"projects/{PROJECT}/global/sslCertificates/{{name}}"},
    "compute_region_network_endpoint_group": {
        "id": f"projects/{PROJECT}/regions/{{region}}/networkEndpointGroups/{{name}}"
    },
    "compute_security_policy": {"id": f"projects/{PROJECT}/global/securityPolicies/{{name}}"},
    "compute_ssl_policy": {"id": f"projects/{PROJECT}/global/sslPolicies/{{name}}"},
    "compute_target_http_proxy": {"id": f"projects/{PROJECT}/global/targetHttpProxies/{{name}}"},
    "compute_target_https_proxy": {"id": f"projects/{PROJECT}/global/targetHttpsProxies/{{name}}"},
    "compute_url_map": {"id": f"projects/{PROJECT}/global/urlMaps/{{name}}"},
    "monitoring_notification_channel": {"id": f"projects/{PROJECT}/notificationChannels/{{display_name}}"},
    "project_iam_custom_role": {"name": f"projects/{PROJECT}/roles/{{role_id}}"},
    "pubsub_subscription": {"id": f"projects/{PROJECT}/subscriptions/{{name}}"},
    "pubsub_topic": {"id": f"projects/{PROJECT}/topics/{{name}}"},
    "secret_manager_secret": {"id": f"projects/{PROJECT}/secrets/{{secret_id}}", "name": "{secret_id}"},
    "service_account": {
        "id": f"projects/{PROJECT}/serviceAccounts/{_ACCOUNT}",
        "name": f"projects/{PROJECT}/serviceAccounts/{_ACCOUNT}",
        "email": _ACCOUNT,
        "member": f"serviceAccount:{_ACCOUNT}",
    },
    "storage_bucket": {"id": "{name}", "url": "gs://{name}"},
}
"""What Google makes up, and Terraform's expressions refer to."""

_DATA_SOURCES: Final[Mapping[str, Mapping[str, str]]] = {
    "project": {"number": PROJECT_NUMBER, "project_id": PROJECT},
    "storage_project_service_account": {
        "email_address": f"service-{PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com",
        "member": f"serviceAccount:service-{PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com",
    },
}


class RefusedPlan(Exception):
    """Terraform refused; the message is all that it said."""


@dataclass(frozen=True)
class Plan:
    """What Terraform would make of an empty project.

    Attributes:
        shown: All that ``terraform show -json`` says of it, for other tools.
        resources: Address, such as ``google_pubsub_topic.this["dead-letters"]`` -> all its values.
        outputs: Name -> value.
        after: Block, such as ``google_pubsub_topic.this`` -> the blocks that Terraform makes before it.
    """

    shown: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Any]
    after: Mapping[str, frozenset[str]]

    def of(self, kind: str, name: str = "") -> dict[str, Mapping[str, Any]]:
        """Returns the resources of a kind by what stands in brackets, or by their name.

        Args:
            kind: Such as ``pubsub_topic``.
            name: Only those declared under this name; needed where two names have the same keys.
        """
        address = re.compile(rf"""(.+\.)?google_{kind}\.({name or "[^.[]+"})(\["?(?P<key>.+?)"?\])?""")
        found: dict[str, Mapping[str, Any]] = {}
        for one, values in self.resources.items():
            if match := address.fullmatch(one):
                key = match["key"] or match[2]
                assert key not in found, f"there are several google_{kind} {key}: say which name"
                found[key] = values
        return found


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    """Returns a copy of what Terraform reads of the project, with a text replaced: a breach for a check to find.

    Args:
        folder: Where the copy is made, unless it is there already.
        name: The file, from the project's root.
        old: What stands there exactly once.
        new: What takes its place.
    """
    if not (folder / _READS[0]).exists():
        _copy(ROOT, folder)
    text = (folder / name).read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    (folder / name).write_text(text.replace(old, new))
    return folder


def planned(
    folder: Path = ROOT, environment: str = "", targets: tuple[str, ...] = (), **variables: object
) -> Plan:
    """Returns the plan of a project folder's infra/gcp.

    Args:
        folder: A copy of the project, or of what Terraform reads of it.
        environment: Name of a file of variables in environments/, which win over the others.
        targets: Addresses of the only resources that are planned, with what they take; none for all.
        variables: Variables beside VARIABLES, or instead of theirs.

    Raises:
        RefusedPlan: Terraform finds something wrong.
    """
    return _planned(folder, environment, targets, json.dumps({**VARIABLES, **variables}))


@cache
def _planned(folder: Path, environment: str, targets: tuple[str, ...], variables: str) -> Plan:
    options = ["-refresh=false", "-out=plan", *(f"-target={address}" for address in targets)]
    if environment:
        options.append(f"-var-file=environments/{environment}.tfvars")
    with tempfile.TemporaryDirectory() as made, StandInProvider(_schemas(), _COMPUTED, _DATA_SOURCES) as provider:
        _copy(folder, Path(made))
        module = Path(made) / "infra" / "gcp"
        (module / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        (module / "test.auto.tfvars.json").write_text(variables)
        for command in (["init"], ["plan", *options]):
            _terraform(command, module, provider.environment)
        shown = json.loads(_terraform(["show", "-json", "plan"], module, provider.environment))
        graph = _terraform(["graph"], module, provider.environment)
    values = shown["planned_values"]
    return Plan(
        shown=shown,
        resources=_resources(values["root_module"]),
        outputs={name: output.get("value") for name, output in values.get("outputs", {}).items()},
        after=_after(graph),
    )


def _copy(project: Path, folder: Path) -> None:
    for name in _READS:
        source, copy = project / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        else:
            shutil.copy(source, copy)


def _resources(module: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = {one["address"]: one["values"] for one in module.get("resources", []) if one["mode"] == "managed"}
    for child in module.get("child_modules", []):
        found |= _resources(child)
    return found


def _after(graph: str) -> dict[str, frozenset[str]]:
    """Returns what comes before each block, however indirectly; the graph is in the language of dot."""
    needs: dict[str, set[str]] = {}
    for block, needed in re.findall(r'"(\S+)" -> "(\S+)"', graph):
        needs.setdefault(block, set()).add(needed)

    @cache
    def before(block: str) -> frozenset[str]:
        return frozenset().union(*({one} | before(one) for one in needs.get(block, ())))

    return {block: before(block) for block in needs}


def _terraform(arguments: list[str], module: Path, environment: Mapping[str, str]) -> str:
    flags = {"graph": [], "show": ["-no-color"]}
    run = subprocess.run(
        [_program(), *arguments, *flags.get(arguments[0], ["-no-color", "-input=false"])],
        cwd=module,
        env={**os.environ, **_QUIET_AND_QUICK, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise RefusedPlan(f"terraform {arguments[0]}: {run.stdout}{run.stderr}")
    return run.stdout


def _program() -> str:
    return shutil.which("terraform") or missing("Terraform 1.11 is not installed")


def _schemas() -> dict[str, Schema]:
    if not _PROVIDER_SCHEMA.is_file():
        missing(f"the google provider's arguments are not at {_PROVIDER_SCHEMA}")
    schemas: dict[str, Schema] = json.loads(_PROVIDER_SCHEMA.read_text())
    schemas |= json.loads(_MORE_SCHEMAS.read_text())
    return schemas
