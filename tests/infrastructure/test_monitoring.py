"""What is measured, alerted on and drawn exists: in the log lines, in the plan, or at Google."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from shared.domain.measures import LOG_LINES
from shared.pipeline import load_flow
from tests.terraform.log_filter import matches, named_fields
from tests.terraform.planning import Plan, RefusedPlan, edited, planned
from tests.terraform.promql import alert_queries, dashboard_queries, named_labels, promql_name, selected

ROOT: Final = Path(__file__).parents[2]
WRITERS: Final = {
    "cloud_run_revision": {"configuration_name", "location", "project_id", "revision_name", "service_name"},
    "cloud_run_job": {"job_name", "location", "project_id"},
}
"""What writes log lines -> the labels that all its metrics have."""

PARTS: Final = ("_bucket", "_count", "_sum")
"""What PromQL sees of a distribution."""


def google_metrics() -> Mapping[str, Mapping[str, Any]]:
    listed: Mapping[str, Mapping[str, Any]] = json.loads(
        (ROOT / "tests" / "terraform" / "google_metrics.json").read_text()
    )["metrics"]
    return {promql_name(name): metric for name, metric in listed.items()}


def log_metrics(plan: Plan) -> dict[str, set[str]]:
    """Returns the log-based metrics as PromQL names them -> their labels."""
    found: dict[str, set[str]] = {}
    for metric in plan.of("logging_metric").values():
        (descriptor,) = metric["metric_descriptor"]
        name = promql_name(f"logging.googleapis.com/user/{metric['name']}")
        labels = {label["key"] for label in descriptor["labels"]}
        if descriptor["value_type"] == "DISTRIBUTION":
            found |= {f"{name}{part}": labels | ({"le"} if part == "_bucket" else set()) for part in PARTS}
        else:
            found[name] = labels
    return found


def broken_references(plan: Plan) -> set[str]:
    """Returns what the queries of alerts and dashboard name and nothing has."""
    known = {
        (name, resource): labels | common
        for name, labels in log_metrics(plan).items()
        for resource, common in WRITERS.items()
    } | {(name, metric["resource"]): set(metric["labels"]) for name, metric in google_metrics().items()}
    broken = set()
    for query in [*(query for query, _ in alert_queries(plan).values()), *dashboard_queries(plan)]:
        grouped = named_labels(query)
        for series in selected(query):
            labels = known.get((series.name, series.matchers.get("monitored_resource", "")))
            if labels is None:
                broken.add(series.name)
            else:
                broken |= {f"{series.name}.{label}" for label in {*series.matchers, *grouped} - labels}
    return {one for one in broken if not one.endswith((".monitored_resource", ".le"))}


def unwritten_fields(plan: Plan) -> set[str]:
    """Returns what log-based metrics read and no line has."""
    unwritten = set()
    for metric in plan.of("logging_metric").values():
        lines = [line for line in LOG_LINES if matches(_event_filter(metric["filter"]), _entry(line))]
        if len(lines) != 1:
            unwritten.add(metric["name"])
            continue
        expressions = [metric["filter"], *(metric["label_extractors"] or {}).values(), metric["value_extractor"]]
        read = {field for one in expressions if one is not None for field in named_fields(one)}
        fields = {f"jsonPayload.{field}" for field in (*LOG_LINES[lines[0]], "message")} | {"resource.type"}
        unwritten |= {f"{metric['name']}: {field}" for field in read - fields}
    return unwritten


def _event_filter(expression: str) -> str:
    return " AND ".join(part for part in expression.split(" AND ") if part.startswith("jsonPayload.message"))


def _entry(line: str) -> dict[str, Any]:
    return {"jsonPayload": {"message": line}}


def test_metrics_read_what_is_written() -> None:
    assert unwritten_fields(planned()) == set()


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ('field       = "queued_s"', 'field       = "waited_s"', {"stage_queued_s: jsonPayload.waited_s"}),
        ('event       = "redriven"', 'event       = "driven_again"', {"videos_redriven"}),
        ('labels      = ["step"]', 'labels      = ["part"]', {"sweep_failures: jsonPayload.part"}),
    ],
)
def test_a_metric_of_what_nobody_writes_is_noticed(tmp_path: Path, old: str, new: str, missing: set[str]) -> None:
    assert unwritten_fields(planned(edited(tmp_path, "infra/gcp/metrics.tf", old, new))) == missing


def test_queries_name_what_exists() -> None:
    assert broken_references(planned()) == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "broken"),
    [
        (
            "alerts.tf",
            "grown(sweep_failures{}",
            "grown(sweep_errors{}",
            {"logging_googleapis_com:user_sweep_errors"},
        ),
        ("alerts.tf", "sum by (step)", "sum by (part)", {"logging_googleapis_com:user_sweep_failures.part"}),
        ("alerts.tf", "job_completed_execution_count", "job_failures", {"run_googleapis_com:job_failures"}),
        (
            "dashboard.tf",
            "stage_model_usd_sum{}",
            "stage_model_usd{}",
            {"logging_googleapis_com:user_stage_model_usd"},
        ),
        (
            "alerts.tf",
            '{monitored_resource=\\"consumed_api\\",',
            "{",
            {"serviceruntime_googleapis_com:api_request_count"},
        ),
    ],
)
def test_a_query_of_what_does_not_exist_is_noticed(
    tmp_path: Path, file: str, old: str, new: str, broken: set[str]
) -> None:
    assert broken_references(planned(edited(tmp_path, f"infra/gcp/{file}", old, new))) == broken


def test_labels_of_metrics_are_no_labels_of_what_writes_the_lines() -> None:
    ours = set().union(*log_metrics(planned()).values())
    assert not ours & set().union(*WRITERS.values())


def test_every_metric_is_looked_at() -> None:
    plan = planned()
    queries = [*(query for query, _ in alert_queries(plan).values()), *dashboard_queries(plan)]
    seen = {series.name for query in queries for series in selected(query)}
    for metric in plan.of("logging_metric").values():
        name = promql_name(f"logging.googleapis.com/user/{metric['name']}")
        assert seen & {name, *(f"{name}{part}" for part in PARTS)}, metric["name"]
    assert set(google_metrics()) <= seen


def test_the_dashboard_has_no_overlapping_tiles() -> None:
    layout = json.loads(planned().of("monitoring_dashboard")["this"]["dashboard_json"])["mosaicLayout"]
    cells = [
        (column, row)
        for tile in layout["tiles"]
        for column in range(tile["xPos"], tile["xPos"] + tile["width"])
        for row in range(tile["yPos"], tile["yPos"] + tile["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(column for column, _ in cells) < layout["columns"] <= 48


def test_alerts_are_mailed_and_lead_to_their_runbooks() -> None:
    plan = planned(alert_emails=["ops@example.com"], runbooks_url="https://git.example.com/infra/README.md")
    (channel,) = plan.of("monitoring_notification_channel").values()
    assert channel["labels"] == {"email_address": "ops@example.com"}
    for name, policy in plan.of("monitoring_alert_policy").items():
        assert policy["notification_channels"] == [channel["id"]]
        (documentation,) = policy["documentation"]
        assert [link["url"] for link in documentation["links"]] == [
            f"https://git.example.com/infra/README.md#alert-{name}"
        ]


def test_without_addresses_alerts_are_there_all_the_same() -> None:
    policies = planned().of("monitoring_alert_policy").values()
    assert policies
    assert not any(policy["notification_channels"] for policy in policies)


def test_a_budget_watches_this_project_only() -> None:
    plan = planned(
        billing_account="012345-6789AB-CDEF01",
        budget={"amount": 200, "currency": "EUR"},
        alert_emails=["ops@example.com"],
    )
    (budget,) = plan.of("billing_budget").values()
    assert budget["budget_filter"][0]["projects"] == ["projects/123456789012"]
    (amount,) = budget["amount"][0]["specified_amount"]
    assert (amount["units"], amount["currency_code"]) == ("200", "EUR")
    assert [(rule["threshold_percent"], rule["spend_basis"]) for rule in budget["threshold_rules"]] == [
        (0.5, "CURRENT_SPEND"),
        (0.9, "CURRENT_SPEND"),
        (1, "CURRENT_SPEND"),
        (1, "FORECASTED_SPEND"),
    ]
    assert "billingbudgets" in plan.of("project_service")
    assert not planned().of("billing_budget")


def test_a_budget_has_at_most_five_channels() -> None:
    plan = planned(
        billing_account="012345-6789AB-CDEF01", alert_emails=[f"{name}@example.com" for name in "abcdefg"]
    )
    (budget,) = plan.of("billing_budget").values()
    assert len(budget["all_updates_rule"][0]["monitoring_notification_channels"]) == 5


def test_whoever_has_spans_may_write_them_where_runs_are_traced_by_google() -> None:
    plan = planned(settings={"AUTOMATIONS_TRACES": "otlp"})
    stages = {spec.stage for spec in load_flow().stages}
    assert set(plan.of("project_iam_member", "span_writer")) == {*stages, "api"}
    assert {"cloudtrace", "telemetry"} <= set(plan.of("project_service"))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"AUTOMATIONS_TRACES": "otlp", "AUTOMATIONS_TRACES_ENDPOINT": "https://traces.example.com/v1/traces"},
    ],
)
def test_nobody_may_write_spans_elsewhere(settings: dict[str, str]) -> None:
    plan = planned(settings=settings)
    assert not plan.of("project_iam_member", "span_writer")
    assert "telemetry" not in plan.of("project_service")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"alert_emails": ["nobody"]}, "e-mail addresses"),
        ({"alert_limits": {"failed_share": 5}}, "between 0 and 1"),
        ({"alert_limits": {"oldest_message_s": 60}}, "more than that"),
        ({"billing_account": "mine"}, "hexadecimal"),
        ({"budget": {"amount": 0.5}}, "whole number"),
        ({"runbooks_url": "https://git.example.com/README.md#alerts"}, "without a fragment"),
    ],
)
def test_values_that_make_no_sense_are_refused(variables: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedPlan, match=said):
        planned(**variables)
