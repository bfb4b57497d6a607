"""When the planned alerts fire, on synthetic series, as Prometheus sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pytest

from tests.terraform.planning import planned
from tests.terraform.promql import alert_queries, firing

TWO_HOURS: Final = 120
SWEEPING: Final = {
    'run_googleapis_com:request_count{monitored_resource="cloud_run_revision",service_name="sweep",'
    'response_code="204",response_code_class="2xx"}': f"0+1x{TWO_HOURS}"
}
"""What an idle project has: sweep, once a minute."""


def logged(metric: str, resource: str = "cloud_run_revision", **labels: str) -> str:
    return _series(f"logging_googleapis_com:user_{metric}", monitored_resource=resource, **labels)


def requests(service: str, code: int) -> str:
    return _series(
        "run_googleapis_com:request_count",
        monitored_resource="cloud_run_revision",
        service_name=service,
        response_code=str(code),
        response_code_class=f"{code // 100}xx",
    )


def subscription(measure: str, name: str) -> str:
    return _series(
        f"pubsub_googleapis_com:subscription_{measure}",
        monitored_resource="pubsub_subscription",
        subscription_id=name,
    )


def instances(service: str, state: str) -> str:
    return _series(
        "run_googleapis_com:container_instance_count",
        monitored_resource="cloud_run_revision",
        service_name=service,
        state=state,
    )


def executions(job: str, result: str) -> str:
    return _series(
        "run_googleapis_com:job_completed_execution_count",
        monitored_resource="cloud_run_job",
        job_name=job,
        result=result,
    )


def quota_answers(code: int) -> str:
    return _series(
        "serviceruntime_googleapis_com:api_request_count",
        monitored_resource="consumed_api",
        service="aiplatform.googleapis.com",
        response_code=str(code),
    )


def _series(name: str, **labels: str) -> str:
    matchers = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{matchers}}}"


def grows(total: float) -> str:
    """An hour of nothing, then an hour in which a counter grows by this much."""
    return f"0x60 0+{total / 60}x59"


@dataclass(frozen=True)
class Case:
    """A state of the project, and the alerts it makes.

    Attributes:
        name: What it is.
        series: Its series, besides sweep's.
        expected: Alert -> labels of the incident.
    """

    name: str
    series: dict[str, str]
    expected: dict[str, dict[str, str]] = field(default_factory=dict)


CASES: Final = [
    Case(
        "a dead letter",
        {subscription("num_undelivered_messages", "dead-letters"): f"0x60 1x{TWO_HOURS}"},
        {"dead-letters": {}},
    ),
    Case(
        "a queue of work is no dead letter",
        {subscription("num_undelivered_messages", "transcode.video-ingested"): f"900x{TWO_HOURS}"},
    ),
    Case("no dead letter any more", {subscription("num_undelivered_messages", "dead-letters"): "3x60 0x60"}),
    Case(
        "100 of 1,000 videos fail",
        {
            logged("videos_settled", status="ready", code=""): grows(900),
            logged("videos_settled", status="failed", code="corrupt"): grows(100),
        },
        {"videos-failing": {}},
    ),
    Case(
        "30 of 1,000 videos fail",
        {
            logged("videos_settled", status="ready", code=""): grows(970),
            logged("videos_settled", status="failed", code="corrupt"): grows(30),
        },
    ),
    Case("two of two videos fail", {logged("videos_settled", status="failed", code="corrupt"): grows(2)}),
    Case(
        "videos fail in the job only",
        {
            logged("videos_settled", status="ready", code=""): grows(20),
            logged("videos_settled", "cloud_run_job", status="failed", code="tool_failed"): grows(20),
        },
        {"videos-failing": {}},
    ),
    Case(
        "a message is an hour old",
        {subscription("oldest_unacked_message_age", "analyze.video-segmented"): f"0+60x{TWO_HOURS}"},
        {"messages-waiting": {"subscription_id": "analyze.video-segmented"}},
    ),
    Case(
        "a message is being worked on",
        {subscription("oldest_unacked_message_age", "transcode.video-ingested"): f"600x{TWO_HOURS}"},
    ),
    Case(
        "dead letters may lie", {subscription("oldest_unacked_message_age", "dead-letters"): f"0+60x{TWO_HOURS}"}
    ),
    Case(
        "one video is driven again every ten minutes",
        {logged("videos_redriven", status="ingested"): grows(6)},
        {"videos-stuck": {"status": "ingested"}},
    ),
    Case("an event got lost", {logged("videos_redriven", status="ingested"): grows(1)}),
    Case(
        "a step of sweep fails every minute",
        {logged("sweep_failures", step="redrive"): grows(60)},
        {"sweep-failing": {"step": "redrive"}},
    ),
    Case("a step of sweep failed once", {logged("sweep_failures", step="redrive"): "0x118 1x1"}),
    Case(
        "a function can't be built",
        {requests("segment", 500): grows(60)},
        {"functions-failing": {"service_name": "segment"}},
    ),
    Case("a function puts off what others work on", {requests("segment", 503): grows(600)}),
    Case(
        "executions of a job fail",
        {executions("transcode", "failed"): grows(6)},
        {"jobs-failing": {"job_name": "transcode"}},
    ),
    Case(
        "executions of a job succeed",
        {executions("transcode", "succeeded"): grows(60)},
    ),
    Case(
        "one of ten requests to the API fails",
        {requests("api", 200): grows(900), requests("api", 500): grows(100)},
        {"api-failing": {}},
    ),
    Case("the API refuses what is wrong", {requests("api", 200): grows(900), requests("api", 422): grows(900)}),
    Case("the only request to the API fails", {requests("api", 503): "0x118 1x1"}),
    Case(
        "the API takes four seconds",
        {
            logged("api_wall_s_bucket", method="GET", le="1"): grows(0),
            logged("api_wall_s_bucket", method="GET", le="5"): grows(600),
            logged("api_wall_s_bucket", method="GET", le="+Inf"): grows(600),
            logged("api_wall_s_count", method="GET"): grows(600),
        },
        {"api-slow": {}},
    ),
    Case(
        "the API takes half a second",
        {
            logged("api_wall_s_bucket", method="GET", le="1"): grows(600),
            logged("api_wall_s_bucket", method="GET", le="+Inf"): grows(600),
            logged("api_wall_s_count", method="GET"): grows(600),
        },
    ),
    Case(
        "a slow request at night",
        {
            logged("api_wall_s_bucket", method="GET", le="1"): grows(0),
            logged("api_wall_s_bucket", method="GET", le="5"): "0x118 1x1",
            logged("api_wall_s_bucket", method="GET", le="+Inf"): "0x118 1x1",
            logged("api_wall_s_count", method="GET"): "0x118 1x1",
        },
    ),
    Case(
        "the model is busy",
        {logged("stage_attempts", stage="analyze", outcome="retry", code="model_unavailable"): grows(60)},
        {"model-failing": {"code": "model_unavailable"}},
    ),
    Case(
        "attempts succeed", {logged("stage_attempts", stage="analyze", outcome="succeeded", code=""): grows(600)}
    ),
    Case(
        "all instances are busy",
        {instances("tag", "active"): f"8x{TWO_HOURS}"},
        {"instances-near-limit": {"service_name": "tag"}},
    ),
    Case(
        "half of the instances are busy, the others wait",
        {instances("tag", state): f"4x{TWO_HOURS}" for state in ("active", "idle")},
    ),
    Case(
        "Vertex AI has no quota left",
        {quota_answers(429): grows(600)},
        {"quota-reached": {"service": "aiplatform.googleapis.com"}},
    ),
    Case(
        "Google's APIs answer",
        {quota_answers(200): grows(600)},
    ),
    Case(
        "60 dollars are spent on models",
        {logged("stage_model_usd_sum", stage="analyze"): grows(60)},
        {"model-spend": {}},
    ),
    Case("40 dollars are spent on models", {logged("stage_model_usd_sum", stage="analyze"): grows(40)}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_alerts_fire_when_they_should_and_no_other_does(case: Case) -> None:
    expected = {alert: [labels] for alert, labels in case.expected.items()}
    assert not firing(alert_queries(planned()), SWEEPING | case.series, TWO_HOURS - 1, expected)


def test_an_idle_project_is_silent() -> None:
    assert not firing(alert_queries(planned()), SWEEPING, TWO_HOURS - 1, {})


def test_that_sweep_does_not_run_is_told() -> None:
    still = {"monitored_resource": "cloud_run_revision", "service_name": "sweep", "response_code_class": "2xx"}
    assert not firing(alert_queries(planned()), {}, 20, {"sweep-silent": [still]})


def test_that_sweep_only_fails_is_told() -> None:
    still = {"monitored_resource": "cloud_run_revision", "service_name": "sweep", "response_code_class": "2xx"}
    expected = {"sweep-silent": [still], "functions-failing": [{"service_name": "sweep"}]}
    assert not firing(alert_queries(planned()), {requests("sweep", 500): "0+1x30"}, 30, expected)


def test_every_alert_is_shown_to_fire() -> None:
    shown = {alert for case in CASES for alert in case.expected} | {"sweep-silent"}
    assert shown == set(alert_queries(planned()))


def test_limits_are_variables() -> None:
    strict = alert_queries(planned(alert_limits={"model_usd_per_day": 30}))
    series = {logged("stage_model_usd_sum", stage="analyze"): grows(40)}
    assert not firing(strict, SWEEPING | series, TWO_HOURS - 1, {"model-spend": [{}]})
