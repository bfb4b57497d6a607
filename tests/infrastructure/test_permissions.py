"""Every function may do what its code does, and nothing else; infra/README.md says what that is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.generated_tables import GeneratedTables
from tests.infrastructure import least_privilege
from tests.infrastructure.least_privilege import FLOW, FUNCTIONS, GOOGLE, OUTBOX, Right
from tests.infrastructure.permissions import PERMISSIONS
from tests.terraform.planning import ROOT, Plan, edited, planned

RIGHTLESS = {
    "pubsub_dead_letters": "a tool of operators, who have rights of their own",
    "push_auth": "looks at tokens with Google's public keys",
}
"""Adapters that use a package of Google's, but nothing that takes a right of a function."""

PERMISSIONS_TF = "infra/gcp/permissions.tf"


def full_plan(folder: Path = ROOT) -> Plan:
    """Returns the plan of a deployment in which functions use everything that they can."""
    settings = {"AUTOMATIONS_TRACES": "otlp"}
    return planned(folder, analyzers=["text", "gemini"], embedder="gemini", settings=settings)


def test_what_functions_may_do_is_what_they_do() -> None:
    assert least_privilege.disagreements(full_plan()) == []


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


def test_as_it_comes_nobody_may_ask_a_model_or_write_a_trace_and_all_else_is_the_same() -> None:
    granted = least_privilege.granted(planned())
    everything = least_privilege.granted(full_plan())
    assert granted == {grant: rights for grant, rights in everything.items() if grant[1] != "project"}


def test_with_an_sql_database_nobody_may_use_firestore_and_all_but_tasks_read_its_url() -> None:
    granted = least_privilege.granted(planned(sql_database=True))
    assert not [grant for grant in granted if grant[1] == "database"]
    assert {function for function, resource, _ in granted if resource == "secret database-url"} == set(FLOW.served)


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
        ("transcode", "project", "aiplatform.endpoints.predict"),
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
            "transcode has aiplatform.endpoints.predict on project by",
        ),
        (
            'topic => concat(local.stages, ["fetch"',
            'topic => concat(slice(local.stages, 0, 4), ["fetch"',
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
    breached = full_plan(edited(tmp_path, PERMISSIONS_TF, old, new))
    assert any(said in one for one in least_privilege.disagreements(breached))


def test_a_role_that_nobody_looked_up_is_found(tmp_path: Path) -> None:
    old = """google_project_iam_custom_role.this["models.ask"].name"""
    breached = full_plan(edited(tmp_path, PERMISSIONS_TF, old, '"roles/aiplatform.user"'))
    with pytest.raises(AssertionError, match=r"nobody has looked up what roles/aiplatform\.user lets"):
        least_privilege.granted(breached)


def test_a_subscription_can_give_its_dead_letters_up() -> None:
    plan = planned()
    subscriptions = {one["name"] for one in plan.of("pubsub_subscription", "push").values()}
    dead_lettering = plan.of("pubsub_subscription_iam_member", "dead_lettering").values()
    assert {one["subscription"] for one in dead_lettering} == subscriptions
    assert len({one["member"] for one in dead_lettering}) == 1


def test_every_role_of_those_who_deploy_has_a_reason() -> None:
    script = (ROOT / "infra" / "deploy" / "bootstrap.sh").read_text().replace("\\\n", " ")
    granted = re.search(r"for role in ([^;]+); do\n  grant deployer", script)
    assert granted is not None
    document = (ROOT / "infra" / "README.md").read_text()
    table = document[document.index("**Who deploys.**") : document.index("Who can grant rights can")]
    reasons = [
        name for row in table.splitlines() for name in re.findall(r"`([a-z]+\.\w+)`", row.partition(" | ")[0])
    ]
    assert sorted(reasons) == sorted(granted[1].split())


def functions_table() -> str:
    """Writes down what each function may do."""
    found: dict[str, dict[str, set[str]]] = {function: defaultdict(set) for function in FUNCTIONS}
    for right in {right for rights in least_privilege.granted(full_plan()).values() for right in rights}:
        found[right.function][right.resource].add(right.permission)
    rows = ["| function | uploads | media | database | publishes to | and |", "|---|---|---|---|---|---|"]
    for function, resources in found.items():
        topics = {name.partition(" ")[2] for name in resources if name.startswith("topic ")}
        buckets = [_verbs(resources.pop(f"bucket {bucket}", set())) for bucket in ("uploads", "media")]
        database = _verbs(resources.pop("database", set()))
        others = [
            f"{', '.join(f'`{permission}`' for permission in sorted(permissions))} on {name}"
            for name, permissions in sorted(resources.items())
            if not name.startswith("topic ")
        ]
        rows.append(f"| `{function}` | {' | '.join([*buckets, database, _topics(topics), '; '.join(others)])} |")
    return "\n".join(rows)


def _verbs(permissions: set[str]) -> str:
    assert len({permission.rpartition(".")[0] for permission in permissions}) < 2
    return ", ".join(sorted(permission.rpartition(".")[2] for permission in permissions))


def _topics(names: set[str]) -> str:
    outbox = ["`upload-finalized` and every announcement"] if names >= set(OUTBOX) else []
    return ", ".join(outbox + [f"`{name}`" for name in sorted(names - set(OUTBOX) if outbox else names)])


def others_table() -> str:
    """Writes down what anybody else may do."""
    plan = full_plan()
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for address, values in plan.resources.items():
        if values.get("member") and "role" in values and "fn-" not in values["member"]:
            resource = least_privilege.resource_of(address, values)
            found[_who(values["member"]), values["role"]].add(resource)
    every = {
        "every push subscription": {
            f"subscription {one['name']}" for one in plan.of("pubsub_subscription", "push").values()
        },
        "every service but api": {f"service {function}" for function in FLOW.served if function != "api"},
    }
    rows = ["| account | role | on |", "|---|---|---|"]
    for (who, role), resources in sorted(found.items()):
        named = next((name for name, all_of_them in every.items() if all_of_them == resources), None)
        rows.append(f"| {who} | `{role}` | {named or ', '.join(sorted(resources))} |")
    return "\n".join(rows)


def _who(member: str) -> str:
    named = {
        "gcp-sa-pubsub": "Pub/Sub itself",
        "gs-project-accounts": "Cloud Storage itself",
        "allUsers": "anybody",
    }
    account = re.sub(
        r"^serviceAccount:(service-\d+@)?|[.@][^-]*\.iam\.gserviceaccount\.com$|\.iam\.g.*$", "", member
    )
    return named.get(account, f"`{account}`")


TABLES: dict[str, Callable[[], str]] = {"permissions": functions_table, "permissions-of-others": others_table}
DOCUMENT = GeneratedTables(ROOT / "infra" / "README.md", TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_the_document_says_what_is_granted(table: str) -> None:
    DOCUMENT.check(table)


if __name__ == "__main__":
    DOCUMENT.write()
