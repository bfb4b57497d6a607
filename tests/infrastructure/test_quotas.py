"""Each environment fits what new projects are granted, which is counted when a service is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.cost.price_list import limits
from shared.pipeline import load_flow
from tests.terraform.planning import ROOT, Plan, edited, planned

ENVIRONMENTS = sorted(file.stem for file in (ROOT / "infra" / "gcp" / "environments").glob("*.tfvars"))


def gib(size: str) -> float:
    return float(size[:-2]) / {"Mi": 1024, "Gi": 1}[size[-2:]]


def taken(template: dict[str, Any], most: int) -> Iterator[tuple[str, float]]:
    """Yields what so many instances take, by the name of the limit."""
    resources = template["containers"][0]["resources"][0]["limits"]
    disks = [gib(disk["size_limit"]) for one in template.get("volumes") or [] for disk in one["empty_dir"]]
    yield "run.vcpus", most * float(resources["cpu"])
    yield "run.memory_gib", most * gib(resources["memory"])
    yield "run.disk_gib", most * sum(disks)
    yield "run.disk_gib_instance", max(disks, default=0.0)


def too_much(plan: Plan) -> set[tuple[str, str]]:
    asked = [
        (name, service["template"][0], service["template"][0]["scaling"][0]["max_instance_count"])
        for name, service in plan.of("cloud_run_v2_service", "function").items()
    ]
    jobs = plan.of("cloud_run_v2_job")
    for task in load_flow().tasks:
        execution = jobs[task.task]["template"][0]
        asked.append((task.task, execution["template"][0], execution["parallelism"]))
    return {
        (name, limit)
        for name, template, most in asked
        for limit, amount in taken(template, most)
        if amount > limits()[limit].value
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_fits_a_new_project(environment: str) -> None:
    assert too_much(planned(environment=environment)) == set()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "transcode = { max = 4 }",
            "transcode = { max = 8 }",
            {("transcode", "run.vcpus"), ("transcode", "run.memory_gib")},
        ),
        ("{ max = 20 }", "{ max = 21 }", {("api", "run.vcpus")}),
        (
            "{ max = 4 }",
            "{ max = 4 }\n  encode = { max = 50 }",
            {("encode", "run.vcpus"), ("encode", "run.disk_gib")},
        ),
        (
            "# disk_limit_gib = 100",
            "disk_limit_gib = 20",
            {("analyze", "run.disk_gib"), ("analyze", "run.disk_gib_instance")},
        ),
    ],
)
def test_one_that_does_not_is_found(old: str, new: str, found: set[tuple[str, str]], tmp_path: Path) -> None:
    breached = edited(tmp_path, "infra/gcp/environments/production.tfvars", old, new)

    assert found <= too_much(planned(breached, environment="production"))
