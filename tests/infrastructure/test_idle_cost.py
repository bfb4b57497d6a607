"""What a deployment costs without videos, from its plan; and what the simulation says the plan allows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from infra.cost import model, report
from infra.cost.idle import IdleLine, idle_cost, runs_a_month
from infra.cost.measurements import assumed
from infra.cost.price_list import prices
from shared.pipeline import load_flow
from tests.terraform.planning import Plan, edited, planned


def lines(plan: Plan | None = None) -> dict[str, IdleLine]:
    return {line.what: line for line in idle_cost((plan or planned()).resources)}


def test_an_idle_deployment_costs_a_few_dollars_a_month() -> None:
    found = lines()

    assert "schedules" in found
    assert 0.3 < sum(line.usd for line in found.values()) < 25.0
    assert found["instances that are always there"].usd == 0.0


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_as_shipped_no_environment_pays_for_instances_that_wait(environment: str) -> None:
    assert lines(planned(environment=environment))["instances that are always there"].usd == 0.0


def test_the_clock_is_paid_by_the_schedule() -> None:
    schedules = load_flow().schedules
    sweeping = lines()["sweep looks whether anything got stuck"].usage

    assert lines()["schedules"].usage["scheduler.job_month"] == len(schedules)
    assert sweeping["run.request"] == sum(runs_a_month(one.cron) for one in schedules)
    assert sweeping["firestore.read"] > sweeping["run.request"], "every run asks for several things"


def test_an_instance_that_is_always_there_is_paid_for() -> None:
    kept = lines(planned(instances={"api": {"min": 1, "max": 8}}))["instances that are always there"]

    # One vCPU and a GiB for 730 hours at the idle price.
    assert kept.usd == pytest.approx(730 * 3600 * 2 * 0.0000025)


def test_only_what_serves_is_always_there() -> None:
    """Not what is tried before it serves, and not what served before."""
    api = planned(instances={"api": {"min": 1, "max": 8}}).of("cloud_run_v2_service")["api"]

    assert api["scaling"][0]["min_instance_count"] == 1
    assert not api["template"][0]["scaling"][0].get("min_instance_count")


def test_a_domain_is_paid_for_by_its_rules() -> None:
    found = lines(planned(domain="videos.example.com"))

    assert "load balancer" not in lines()
    assert "Cloud Armor" not in lines()
    assert found["load balancer"].usd == pytest.approx(2 * 730 * 0.025), "one for TLS, one that leads there"
    # A policy, with five rules against attacks, one that counts, and one for anything else.
    assert found["Cloud Armor"].usd == pytest.approx(5 + 7)


def test_a_key_is_paid_for_once_whoever_uses_it() -> None:
    key = "projects/demo/locations/europe-west1/keyRings/ring/cryptoKeys/key"
    found = lines(planned(kms_key=key))

    assert "keys" not in lines()
    assert found["keys"].usd == pytest.approx(0.06)


def test_alerts_are_paid_for_as_often_as_they_are_evaluated(tmp_path: Path) -> None:
    rarer = edited(tmp_path, "infra/gcp/alerts.tf", 'evaluation_interval = "60s"', 'evaluation_interval = "120s"')

    often, seldom = (
        next(line.usage for what, line in lines(plan).items() if "alerts" in what)
        for plan in (planned(), planned(rarer))
    )

    assert often["monitoring.points"] == often["monitoring.condition_month"] * 43_800
    assert seldom == {**often, "monitoring.points": often["monitoring.points"] / 2}


def test_a_dearer_clock_makes_it_dearer(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines().values()
    before = sum(line.usd for line in found)
    dearer = {**prices(), "scheduler.job_month": replace(prices()["scheduler.job_month"], usd=1.0)}
    monkeypatch.setattr(model, "prices", lambda: dearer)

    after = sum(line.usd for line in found)

    assert after - before == pytest.approx(0.9 * len(load_flow().schedules))


def test_how_often_something_is_done() -> None:
    assert runs_a_month("* * * * *") == 43_800
    assert runs_a_month("7 * * * *") == 730
    with pytest.raises(ValueError, match="only whole hours"):
        runs_a_month("*/5 * * * *")


def test_the_simulation_knows_how_many_instances_the_deployment_allows() -> None:
    services = planned().of("cloud_run_v2_service", "function")
    most = {name: one["template"][0]["scaling"][0]["max_instance_count"] for name, one in services.items()}

    assert {most[spec.stage] for spec in load_flow().stages} == {report.INSTANCES}


def heartbeats(plan: Plan) -> set[float]:
    """Returns the seconds between heartbeats that functions and jobs are told."""
    templates = [one["template"][0] for one in plan.of("cloud_run_v2_service").values()]
    templates += [one["template"][0]["template"][0] for one in plan.of("cloud_run_v2_job").values()]
    told = [
        {variable["name"]: variable["value"] for variable in template["containers"][0]["env"]}
        for template in templates
    ]
    return {float(environment["AUTOMATIONS_HEARTBEAT_S"]) for environment in told}


def test_the_simulation_knows_how_often_the_deployment_writes_that_it_is_alive(tmp_path: Path) -> None:
    assert heartbeats(planned()) == {assumed("heartbeat_s")}
    breached = edited(tmp_path, "infra/gcp/environment.tf", 'HEARTBEAT_S = "10"', 'HEARTBEAT_S = "5"')
    assert heartbeats(planned(breached)) == {5.0}
