"""Every function may do what its code does, and nothing else; infra/README.md says what that is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.generated_tables import GeneratedTables
from tests.infrastructure import least_privilege
from tests.infrastructure.call_graph import CallGraph
from tests.infrastructure.least_privilege import FUNCTIONS, GOOGLE, OUTBOX, Right
from tests.infrastructure.permissions import PERMISSIONS
from tests.terraform.planning import ROOT, Plan, edited, planned

RIGHTLESS = {
    "pubsub_dead_letters": "a tool of operators, who have rights of their own",
    "push_auth": "looks at tokens with Google's public keys",
}
"""Adapters that use a package of Google's, but nothing that takes a right of a function."""

PERMISSIONS_TF = "infra/gcp/permissions.tf"


def with_gemini(folder: Path = ROOT) -> Plan:
    """Returns the plan of a deployment in which functions use everything that they can."""
    return planned(folder, analyzers=["text", "gemini"], embedder="gemini")


def test_what_functions_may_do_is_what_they_do() -> None:
    assert least_privilege.disagreements(with_gemini()) == []


def test_every_use_of_a_bucket_or_topic_has_been_seen_by_a_test() -> None:
    assert least_privilege.unproven() == []


def test_every_call_of_googles_clients_has_been_looked_up_and_no_other() -> None:
    calls = least_privilege.call_graph().calls_in(GOOGLE)
    called = {(least_privilege.adapter_of(call), call.method) for call in calls}
    assert called == {(adapter, method) for adapter, methods in PERMISSIONS.items() for method in methods}


def test_no_other_adapter_uses_google_cloud() -> None:
    using = {
        path.relative_to(ROOT / "shared" / "adapters").parts[0].removesuffix(".py")
        for path in (ROOT / "shared" / "adapters").rglob("*.py")
        if re.search(r"^ *(?:from|import) google\b", path.read_text(), re.MULTILINE)
    }
    assert using == {name.rpartition(".")[2] for name in GOOGLE} | RIGHTLESS.keys()


def test_without_gemini_nobody_may_ask_a_model_and_all_else_is_the_same() -> None:
    granted = least_privilege.granted(planned())
    everything = least_privilege.granted(with_gemini())
    assert granted == {grant: rights for grant, rights in everything.items() if grant[1] != "models"}


def test_with_an_sql_database_nobody_may_use_firestore_and_all_read_its_url() -> None:
    granted = least_privilege.granted(planned(sql_database=True))
    assert not [grant for grant in granted if grant[1] == "database"]
    assert {function for function, resource, _ in granted if resource == "secret database-url"} == set(FUNCTIONS)


def test_who_has_a_secret_in_the_environment_may_read_it_and_nobody_else() -> None:
    plan = planned()
    held = {
        (function, f"secret {variable['value_source'][0]['secret_key_ref'][0]['secret']}")
        for function, service in plan.of("cloud_run_v2_service").items()
        for variable in service["template"][0]["containers"][0]["env"]
        if variable["value_source"]
    }
    granted = least_privilege.granted(plan)
    assert held == {(function, resource) for function, resource, _ in granted if resource.startswith("secret ")}


@pytest.mark.parametrize(
    ("function", "resource", "permission"),
    [
        ("transcode", "models", "aiplatform.endpoints.predict"),
        ("api", "bucket uploads", "storage.objects.get"),
        ("ingest", "bucket media", "storage.objects.delete"),
        ("notify", "bucket media", "storage.objects.get"),
    ],
)
def test_what_must_never_be(function: str, resource: str, permission: str) -> None:
    assert Right(function, resource, permission) not in least_privilege.needed()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'contains(var.analyzers, "gemini") ? ["analyze"]',
            'contains(var.analyzers, "gemini") ? ["analyze", "transcode"]',
            "transcode has aiplatform.endpoints.predict on models by",
        ),
        (
            'topic => concat(local.stages, ["fetch"',
            'topic => concat(setsubtract(local.stages, ["tag"]), ["fetch"',
            "tag lacks pubsub.topics.publish on topic video-ready",
        ),
        (
            'api       = ["create", "delete", "list"]',
            'api       = ["create", "delete", "get", "list"]',
            "api has storage.objects.get on bucket uploads by",
        ),
        (
            '["run.executions.cancel"]',
            '["run.executions.cancel", "run.executions.delete"]',
            "sweep has run.executions.delete on job transcode by",
        ),
        (
            'link_signers = ["api"]',
            "link_signers = []",
            "api lacks iam.serviceAccounts.signBlob on account fn-api",
        ),
    ],
)
def test_a_breach_is_found(old: str, new: str, said: str, tmp_path: Path) -> None:
    breached = with_gemini(edited(tmp_path, PERMISSIONS_TF, old, new))
    assert any(said in one for one in least_privilege.disagreements(breached))


def test_a_role_that_nobody_looked_up_is_found(tmp_path: Path) -> None:
    old = """google_project_iam_custom_role.this["models.ask"].name"""
    breached = with_gemini(edited(tmp_path, PERMISSIONS_TF, old, '"roles/aiplatform.user"'))
    with pytest.raises(AssertionError, match=r"nobody has looked up what roles/aiplatform\.user lets"):
        least_privilege.granted(breached)


def test_no_binding_takes_rights_from_anybody_else() -> None:
    plan = planned(domain="videos.example.com", kms_key="projects/p/locations/l/keyRings/r/cryptoKeys/k")
    assert not [address for address in plan.resources if re.search("_iam_(binding|policy)", address)]


def test_only_pushes_get_to_event_services_and_anybody_to_the_api() -> None:
    def invokers(plan: Plan) -> dict[str, str]:
        found = plan.of("cloud_run_v2_service_iam_member").values()
        assert {one["role"] for one in found} <= {"roles/run.invoker"}
        return {one["name"]: one["member"].partition("@")[0] for one in found}

    pushed_to = {function: "serviceAccount:pusher" for function in FUNCTIONS if function != "api"}
    assert invokers(planned()) == pushed_to | {"api": "allUsers"}
    assert invokers(planned(public_api=False)) == pushed_to


def test_a_subscription_can_give_its_dead_letters_up() -> None:
    plan = planned()
    subscriptions = {one["name"] for one in plan.of("pubsub_subscription", "push").values()}
    dead_lettering = plan.of("pubsub_subscription_iam_member", "dead_lettering").values()
    assert {one["subscription"] for one in dead_lettering} == subscriptions
    assert len({one["member"] for one in dead_lettering}) == 1


SAMPLE = {
    "shared/ports.py": """
from typing import Protocol
class Store(Protocol):
    def get(self) -> None: ...
    def put(self) -> None: ...
class Step(Protocol):
    def run(self) -> None: ...
""",
    "shared/steps.py": """
import vendor
from shared.ports import Store
class Reading:
    def __init__(self, store: Store) -> None:
        self._client = vendor.Client()
        self._again = (lambda step: step)(self._read)
    def run(self) -> None:
        self._again()
    def _read(self) -> None:
        store: Store = self._client.store()
        store.get()
class Writing:
    def run(self) -> None:
        store: Store = vendor.store()
        store.put()
""",
    "functions/direct.py": """
from shared.ports import Step, Store
from shared.steps import Reading
def _made(store: Store) -> Step:
    return Reading(store)
def direct(store: Store) -> None:
    _made(store).run()
""",
    "functions/named.py": """
from typing import Any
STEPS = {"w": "shared.steps:Writing"}
class Chooser:
    def first(self) -> None: ...
    def second(self) -> None:
        self.third()
    def third(self) -> None:
        from shared.steps import Reading
        Reading.run
def named(step: str) -> None:
    getattr(Chooser(), step)()
""",
    "functions/idle.py": "def idle() -> None: ...\n",
}


class TestCallGraph:
    """What is to be found is found: through protocols, attributes, names in texts and names made at run time."""

    @pytest.fixture
    def graph(self, tmp_path: Path) -> CallGraph:
        for name, text in SAMPLE.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        modules = [name.removesuffix(".py").replace("/", ".") for name in SAMPLE]
        return CallGraph(modules, {"shared.ports.Store"}, root=tmp_path)

    def test_a_protocols_implementation_that_is_made(self, graph: CallGraph) -> None:
        calls = {(call.receiver, call.method) for call in graph.calls_from("functions.direct.direct")}
        assert ("shared.ports.Store", "get") in calls
        assert ("shared.ports.Store", "put") not in calls

    def test_calls_of_somebody_elses_package(self, graph: CallGraph) -> None:
        calls = {(call.receiver, call.method) for call in graph.calls_from("functions.direct.direct")}
        assert {("", "Client"), ("", "store")} <= calls

    def test_what_is_named_in_a_text_or_at_run_time(self, graph: CallGraph) -> None:
        reached = graph.reached("functions.named.named")
        assert {"shared.steps.Writing", "functions.named.Chooser.third"} <= reached

    def test_nothing_else(self, graph: CallGraph) -> None:
        assert graph.calls_from("functions.idle.idle") == frozenset()


def functions_table() -> str:
    """Writes down what each function may do."""
    found: dict[str, dict[str, list[str]]] = {function: defaultdict(list) for function in FUNCTIONS}
    for right in sorted({right for rights in least_privilege.granted(with_gemini()).values() for right in rights}):
        found[right.function][right.resource].append(right.permission)
    rows = ["| function | resource | permissions |", "|---|---|---|"]
    for function, resources in found.items():
        for resource, permissions in _videos_topics_as_one(resources).items():
            rows.append(f"| `{function}` | {resource} | {', '.join(f'`{one}`' for one in permissions)} |")
    return "\n".join(rows)


def _videos_topics_as_one(resources: dict[str, list[str]]) -> dict[str, list[str]]:
    outbox = {f"topic {topic}" for topic in OUTBOX}
    if not outbox <= resources.keys():
        return resources
    rest = {name: permissions for name, permissions in resources.items() if name not in outbox}
    first, *announcements = OUTBOX
    name = f"topics {first}, {', '.join(announcements)}"
    return {**rest, name: resources[f"topic {first}"]}


@cache
def others_table() -> str:
    """Writes down what anybody else may do."""
    plan = with_gemini()
    rows = {
        f"| {_who(values['member'])} | {least_privilege.resource_of(address, values)} | `{values['role']}` |"
        for address, values in plan.resources.items()
        if values.get("member") and "role" in values and "fn-" not in values["member"]
    }
    return "\n".join(["| account | resource | role |", "|---|---|---|", *sorted(rows)])


def _who(member: str) -> str:
    return re.sub(r"^serviceAccount:|service-\d+@|\.iam\.gserviceaccount\.com$|@demo.*$", "", member)


TABLES: dict[str, Callable[[], str]] = {"permissions": functions_table, "permissions-of-others": others_table}
DOCUMENT = GeneratedTables(ROOT / "infra" / "README.md", TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_the_document_says_what_is_granted(table: str) -> None:
    DOCUMENT.check(table)


if __name__ == "__main__":
    DOCUMENT.write()
