"""What each function needs of Google Cloud, by what its code calls, and what Terraform would let it do."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from shared.pipeline import load_flow
from tests.infrastructure.call_graph import CallGraph, MethodCall
from tests.infrastructure.permissions import PERMISSIONS, PREDEFINED
from tests.terraform.planning import PROJECT, Plan

__all__ = ["FUNCTIONS", "GOOGLE", "Right", "call_graph", "granted", "needed", "unproven"]

ROOT: Final = Path(__file__).parents[2]
FLOW: Final = load_flow()
FUNCTIONS: Final = (
    *(spec.stage for spec in FLOW.stages),
    *(listener.function for listener in FLOW.listeners),
    *(service.function for service in FLOW.services),
)
GOOGLE: Final = tuple(f"shared.adapters.{name}" for name in ("cloud_run", "firestore", "gcs", "gemini", "pubsub"))
"""Where Google Cloud's clients are used."""

_PORTS: Final = {
    name.rpartition(".")[2]: f"shared.ports.{name}"
    for name in (
        "blob_store.BlobStore",
        "document_store.DocumentStore",
        "embedder.Embedder",
        "event_bus.EventBus",
        "job_runner.JobRunner",
        "object_links.ObjectLinks",
        "signer.Signer",
        "video_repository.VideoRepository",
        "vision_model.VisionModel",
    )
}
_ONE_MACHINE: Final = tuple(
    f"shared.bootstrap.Bootstrap.{name}" for name in ("local_", "upload_sessions", "_database", "_staging")
)
"""What is not built on Google Cloud."""

_ONLY_AFTER: Final = {
    "shared.runtime.attempt.RunningAttempt.discard": {
        "shared.runtime.attempt.RunningAttempt.keep",
        "shared.runtime.attempt.RunningAttempt.put",
    }
}
"""What does nothing in a function that never did any of something else: it removes what the others stored."""

_SCENARIOS: Final = (
    "tests/functional/test_imports.py",
    "tests/functional/test_isolation.py::test_whoever_may_is_answered",
    "tests/functional/test_media.py",
    "tests/pipeline/test_erasure.py::test_deleted_at_every_boundary[goes on]",
    "tests/pipeline/test_webhooks.py::test_everything_that_is_announced_is_sent_once_and_signed",
    "tests/unit/functions/export",
    "tests/unit/functions/sweep",
    "tests/unit/functions/tag/test_meaning.py",
)
"""Tests that take the functions to all places where they use a bucket or a topic."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """That a function may do something to a resource.

    Attributes:
        function: The function.
        resource: Kind and name.
        permission: As Google Cloud calls it.
    """

    function: str
    resource: str
    permission: str


@cache
def call_graph() -> CallGraph:
    """Returns who calls what in all that is deployed."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for folder in ("functions", "shared")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py" and "testing" not in path.parts
    ]
    return CallGraph(modules, set(_PORTS.values()), without=_ONE_MACHINE)


@cache
def needed() -> frozenset[Right]:
    """Returns what the functions' calls need."""
    return frozenset(right for function in FUNCTIONS for right in _needed_by(function))


def unproven() -> list[str]:
    """Returns the places where a function uses a bucket or a topic, and no test shows which."""
    return [
        f"{function}: {call.caller} calls {call.receiver.rpartition('.')[2]}.{call.method}"
        for function in FUNCTIONS
        for call in _port_calls(function)
        if _port(call) in {"BlobStore", "EventBus", "ObjectLinks"} and _permissions(call)
        if not list(_uses(function, call))
    ]


def granted(plan: Plan) -> Mapping[tuple[str, str, str], frozenset[Right]]:
    """Returns function, resource and role of each grant to a function -> what it lets the function do."""
    roles = {role: set(permissions) for role, permissions in PREDEFINED.items()}
    roles |= {one["name"]: set(one["permissions"]) for one in plan.of("project_iam_custom_role").values()}
    return {
        (function, resource, values["role"]): frozenset(
            Right(function, resource, permission) for permission in roles[values["role"]]
        )
        for function, resource, values in _grants(plan)
    }


def _grants(plan: Plan) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    accounts = {one["member"]: function for function, one in plan.of("service_account", "function").items()}
    for address, values in plan.resources.items():
        if "_iam_" in address and "_iam_custom_role" not in address and "_iam_audit_config" not in address:
            function = accounts.get(values["member"])
            if function is not None:
                yield function, _resource(address.partition(".")[0].removeprefix("google_"), values), values


def _resource(kind: str, values: Mapping[str, Any]) -> str:
    name = {
        "cloud_run_v2_job_iam_member": "job {name}",
        "pubsub_topic_iam_member": "topic {topic}",
        "secret_manager_secret_iam_member": "secret {secret_id}",
        "service_account_iam_member": "account {service_account_id}",
        "storage_bucket_iam_member": "bucket {bucket}",
        "project_iam_member": "database" if values.get("condition") else "models",
    }[kind].format_map(values)
    what, _, path = name.partition(" ")
    short = path.rpartition("/")[2].partition("@")[0].removeprefix(f"{PROJECT}-")
    return f"{what} {short}".strip()


def _needed_by(function: str) -> Iterator[Right]:
    for call in _port_calls(function):
        for permission in _permissions(call):
            for resource in _resources(function, call, permission):
                yield Right(function, resource, permission)
        if any(use["replaces"] for use in _uses(function, call)):
            for resource in _resources(function, call, "storage.objects.delete"):
                yield Right(function, resource, "storage.objects.delete")
        if _port(call) == "Signer":
            yield Right(function, "secret signing-key", "secretmanager.versions.access")


def _port_calls(function: str) -> list[MethodCall]:
    entry = f"functions.{function}.main.{function}"
    reached = call_graph().reached(entry)
    calls = [call for call in call_graph().calls_from(entry) if call.receiver]
    asked = [call for call in calls if not call_graph().is_property(call.receiver, call.method)]
    return [call for call in asked if _ONLY_AFTER.get(call.caller, reached) & reached]


def _port(call: MethodCall) -> str:
    return call.receiver.rpartition(".")[2]


def permissions_of(call: MethodCall) -> tuple[str, ...]:
    """Returns what a call of Google's client takes. Raises KeyError for one that nobody has looked up."""
    return PERMISSIONS[call.caller.removeprefix("shared.adapters.").partition(".")[0]][call.method]


@cache
def _permissions(call: MethodCall) -> frozenset[str]:
    """Returns what Google Cloud asks for when a port's method is called."""
    graph = call_graph()
    return frozenset(
        permission
        for implementation in graph.implementations(call.receiver, GOOGLE)
        for foreign in graph.calls_from(f"{implementation}.{call.method}")
        if not foreign.receiver and foreign.caller.startswith(GOOGLE)
        for permission in permissions_of(foreign)
    )


def _resources(function: str, call: MethodCall, permission: str) -> Iterator[str]:
    port = _port(call)
    if permission == "iam.serviceAccounts.signBlob":
        yield f"account fn-{function}"
    elif port in {"BlobStore", "ObjectLinks"}:
        yield from {f"bucket {use['resource']}" for use in _uses(function, call)}
    elif port == "EventBus":
        for topic in {use["resource"] for use in _uses(function, call)}:
            # The outbox of a video may hold any announcement that somebody else did not live to publish.
            yield from (f"topic {one}" for one in (FLOW.announcements if topic in FLOW.announcements else [topic]))
    elif port == "JobRunner":
        jobs = {spec.stage for spec in FLOW.stages if spec.job_timeout_s is not None}
        yield from (f"job {job}" for job in (jobs & {function} if call.method == "start" else jobs))
    elif port in {"Embedder", "VisionModel"}:
        yield "models"
    else:
        yield "database"


def _uses(function: str, call: MethodCall) -> Iterator[Mapping[str, Any]]:
    """Yields how tests saw a call being made, as far as it was by way of what the function's code reaches."""
    reached = call_graph().reached(f"functions.{function}.main.{function}")
    for use in _recorded_uses():
        same = (use["port"], use["method"]) == (_port(call), call.method)
        if same and reached.issuperset(use["through"]) and _caller(use) == call.caller:
            yield use


def _caller(use: Mapping[str, Any]) -> str | None:
    """Returns the innermost of those under way that make such a call; what yields to it may be further in."""
    callers = call_graph().callers_of(_PORTS[use["port"]], use["method"])
    return next((one for one in use["through"] if one in callers), None)


@cache
def _recorded_uses() -> tuple[Mapping[str, Any], ...]:
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder, "calls")
        options = ["-q", "-p", "no:cacheprovider", "-p", "tests.infrastructure.call_recorder", "--no-cov"]
        command = [
            sys.executable,
            "-m",
            "pytest",
            *options,
            "--calls-to",
            str(calls),
            "--basetemp",
            f"{folder}/run",
        ]
        run = subprocess.run([*command, *_SCENARIOS], cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
        return tuple(json.loads(line) for line in calls.read_text().splitlines())
