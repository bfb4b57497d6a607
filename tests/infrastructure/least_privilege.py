"""What each function needs of Google Cloud, by what its code calls, and what Terraform would let it do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from shared.pipeline import load_flow
from tests.infrastructure.call_graph import CallGraph
from tests.infrastructure.permissions import PERMISSIONS, PREDEFINED
from tests.infrastructure.scopes import MethodCall
from tests.infrastructure.seen_uses import seen_uses
from tests.terraform.planning import PROJECT, Plan

__all__ = [
    "FLOW",
    "FUNCTIONS",
    "GOOGLE",
    "OUTBOX",
    "Right",
    "adapter_of",
    "call_graph",
    "disagreements",
    "granted",
    "needed",
    "resource_of",
    "unproven",
]

ROOT: Final = Path(__file__).parents[2]
FLOW: Final = load_flow()
FUNCTIONS: Final = tuple(FLOW.needs)
GOOGLE: Final = tuple(
    f"shared.adapters.{name}" for name in ("cloud_run", "firestore", "gcs", "gemini", "opentelemetry", "pubsub")
)
"""Where Google Cloud's clients are used."""

_PORTS: Final = {
    name.rpartition(".")[2]: f"shared.ports.{name}"
    for name in (
        "blob_store.BlobStore",
        "dead_letters.DeadLetters",
        "document_store.DocumentStore",
        "embedder.Embedder",
        "event_bus.EventBus",
        "job_runner.JobRunner",
        "object_links.ObjectLinks",
        "signer.Signer",
        "span_exporter.SpanExporter",
        "video_repository.VideoRepository",
        "vision_model.VisionModel",
    )
}
_ONE_MACHINE: Final = tuple(
    f"shared.bootstrap.{name}"
    for name in (
        "databases.Databases._database",
        "messages.Messages.local_",
        "models.Models._staging",
        "objects.Objects.local_",
        "objects.Objects.upload_sessions",
    )
)
"""What is not built on Google Cloud."""

_GRANTED: Final = {
    "cloud_run_v2_job_iam_member": "job {name}",
    "cloud_run_v2_service_iam_member": "service {name}",
    "project_iam_member": "project",
    "pubsub_subscription_iam_member": "subscription {subscription}",
    "pubsub_topic_iam_member": "topic {topic}",
    "secret_manager_secret_iam_member": "secret {secret_id}",
    "service_account_iam_member": "account {service_account_id}",
    "storage_bucket_iam_member": "bucket {bucket}",
}
"""Kind of a grant -> to what. A condition makes one to the project one to a database."""

_ONLY_AFTER: Final = {
    "shared.runtime.attempt.RunningAttempt.discard": {
        "shared.runtime.attempt.RunningAttempt.keep",
        "shared.runtime.attempt.RunningAttempt.put",
    }
}
"""What does nothing in a function that never did any of something else: it removes what the others stored."""

_SEEN: Final = {"BlobStore", "EventBus", "ObjectLinks"}
"""Ports whose resources only a run tells."""

OUTBOX: Final = (FLOW.stages[0].consumes, *FLOW.announcements)
"""Topics of the events that are kept with a video until they are published."""


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
        if _port(call) in _SEEN and _permissions(call)
        if not list(_uses(function, call))
    ]


def disagreements(plan: Plan) -> list[str]:
    """Returns what a plan lets functions do that they do not, and what they do that it does not let them."""
    grants = granted(plan)
    allowed = {right for rights in grants.values() for right in rights}
    missing = [f"{one.function} lacks {one.permission} on {one.resource}" for one in sorted(needed() - allowed)]
    idle = [
        f"{one.function} has {one.permission} on {one.resource} by {role} and does nothing with it"
        for (_, _, role), rights in sorted(grants.items())
        for one in sorted(rights - needed())
    ]
    return missing + idle


def granted(plan: Plan) -> Mapping[tuple[str, str, str], frozenset[Right]]:
    """Returns function, resource and role of each grant to a function -> what it lets the function do."""
    roles = {role: set(permissions) for role, permissions in PREDEFINED.items()}
    roles |= {one["name"]: set(one["permissions"]) for one in plan.of("project_iam_custom_role").values()}
    accounts = {one["member"]: function for function, one in plan.of("service_account", "function").items()}
    found = {}
    for address, values in plan.resources.items():
        for member in [values.get("member"), *(values.get("members") or [])]:
            if member in accounts and "role" in values:
                function, resource, role = accounts[member], resource_of(address, values), values["role"]
                assert role in roles, f"nobody has looked up what {role} lets {function} do"
                found[function, resource, role] = frozenset(
                    Right(function, resource, permission) for permission in roles[role]
                )
    return found


def resource_of(address: str, values: Mapping[str, Any]) -> str:
    """Returns kind and name of what a grant is to.

    Args:
        address: The grant's, such as ``google_pubsub_topic_iam_member.storage``.
        values: Its values.
    """
    kind = address.partition(".")[0].removeprefix("google_")
    assert kind in _GRANTED, f"{address}: a grant of a kind that nothing here looks into"
    form = _GRANTED[kind]
    if kind == "project_iam_member" and values["condition"]:
        form = "database"
    what, _, path = form.format_map(values).partition(" ")
    short = path.rpartition("/")[2].partition("@")[0].removeprefix(f"{PROJECT}-")
    return f"{what} {short}".strip()


def _needed_by(function: str) -> Iterator[Right]:
    for call in _port_calls(function):
        port, permissions = _port(call), _permissions(call)
        if port == "Signer":
            yield Right(function, "secret signing-key", "secretmanager.versions.access")
        elif port in _SEEN:
            for use in _uses(function, call):
                yield from _needed_for(function, port, use, permissions)
        else:
            for resource in _resources(function, call):
                yield from (Right(function, resource, permission) for permission in permissions)


def _needed_for(function: str, port: str, use: Mapping[str, Any], permissions: frozenset[str]) -> Iterator[Right]:
    method, generation, needed = use["method"], use["if_generation"], set(permissions)
    if method == "delete" and generation is not None:
        needed -= {"storage.objects.get"}  # it is told which one, and does not look first
    if method in {"put", "upload_session", "writing"} and generation != 0:
        needed.add("storage.objects.delete")  # of what it takes the place of
    for permission in needed:
        if permission == "iam.serviceAccounts.signBlob":
            yield Right(function, f"account fn-{function}", permission)
        elif port == "EventBus":
            # An outbox may hold any event of the video, and whoever looks at it next publishes them.
            topics = OUTBOX if use["resource"] in OUTBOX else [use["resource"]]
            yield from (Right(function, f"topic {topic}", permission) for topic in topics)
        else:
            yield Right(function, f"bucket {use['resource']}", permission)


def _resources(function: str, call: MethodCall) -> Iterator[str]:
    port = _port(call)
    if port == "JobRunner":
        yield from (f"job {job}" for job in _jobs(function, call))
    else:
        yield "database" if port in {"DocumentStore", "VideoRepository"} else "project"


def _jobs(function: str, call: MethodCall) -> set[str]:
    """Returns which jobs a call is about: a stage's own code divides work into tasks, all else moves stages."""
    if call.caller.startswith(f"functions.{function}.") and function in {spec.stage for spec in FLOW.stages}:
        return {task.task for task in FLOW.tasks}
    stages = {spec.stage for spec in FLOW.stages if spec.job_timeout_s is not None}
    return stages & {function} if call.method == "start" else stages


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
    return PERMISSIONS[adapter_of(call)][call.method]


def adapter_of(call: MethodCall) -> str:
    """Returns under which name the calls of Google's client there are looked up."""
    return max((one for one in PERMISSIONS if f"{call.caller}.".startswith(f"shared.adapters.{one}.")), key=len)


@cache
def _permissions(call: MethodCall) -> frozenset[str]:
    """Returns what Google Cloud asks for when a port's method is called."""
    graph = call_graph()
    return frozenset(
        permission
        for implementation in graph.implementations(call.receiver, GOOGLE)
        for foreign in graph.calls_from(f"{implementation}.{call.method}")
        if not foreign.receiver and foreign in graph.calls_in(GOOGLE)
        for permission in permissions_of(foreign)
    )


def _uses(function: str, call: MethodCall) -> Iterator[Mapping[str, Any]]:
    """Yields how tests saw a call being made, as far as it was by way of what the function's code reaches."""
    reached = call_graph().reached(f"functions.{function}.main.{function}")
    for use in seen_uses():
        same = (use["port"], use["method"]) == (_port(call), call.method)
        if same and reached.issuperset(use["through"]) and _caller(use) == call.caller:
            yield use


def _caller(use: Mapping[str, Any]) -> str | None:
    """Returns the innermost of those under way that make such a call; what yields to it may be further in."""
    callers = call_graph().callers_of(_PORTS[use["port"]], use["method"])
    return next((one for one in use["through"] if one in callers), None)
