"""What a deployment costs without videos, from its plan; and what the simulation says the plan allows."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from functions.sweep import main as sweep
from infra.cost import report, scenarios
from infra.cost.idle import IdleLine, idle_cost, runs_a_month
from infra.cost.price_list import prices
from shared.pipeline import load_flow
from tests.terraform.planning import Plan, planned


def lines(plan: Plan | None = None) -> dict[str, IdleLine]:
    return {line.what: line for line in idle_cost((plan or planned()).resources)}


def test_an_idle_deployment_costs_a_few_dollars_a_month() -> None:
    found = lines()

    assert "schedules" in found
    assert 0.3 < sum(line.usd for line in found.values()) < 25.0
    assert found["instances that are always there"].usd == 0.0


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


def test_a_dearer_clock_makes_it_dearer() -> None:
    resources = planned().resources
    dearer = {**prices(), "scheduler.job_month": replace(prices()["scheduler.job_month"], usd=1.0)}

    before, after = (sum(line.usd for line in idle_cost(resources, list_prices=which)) for which in (None, dearer))

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


def test_the_simulation_knows_how_many_threads_sweep_has() -> None:
    assert f"threads={scenarios.SWEEP_THREADS}" in inspect.getsource(sweep)
