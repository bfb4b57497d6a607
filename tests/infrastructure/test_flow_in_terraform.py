"""Topics, subscriptions, schedules, services and jobs of a deployment are those that the functions' flow needs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.sweep.stage import STEPS
from shared.domain import topology
from shared.domain.events import SweepDue
from shared.domain.flow import Flow, Needs
from shared.domain.wire import PubsubMessage, parse_sweep_due, pubsub_delivery, sweep_due_message
from shared.pipeline import load_flow
from tests.terraform.planning import PROJECT, ROOT, VARIABLES, Plan, edited, planned

FLOW = load_flow()
PIPELINE = "shared/pipeline.json"
NEEDS = FLOW.served
ENOUGH = 1000


def full_plan(folder: Path = ROOT) -> Plan:
    """What is planned where Google grants all that pipeline.json asks for."""
    most = {task.task: {"max": ENOUGH} for task in FLOW.tasks}
    return planned(folder, disk_limit_gib=ENOUGH, instances=most)


def check_topics(plan: Plan, flow: Flow) -> None:
    assert set(plan.of("pubsub_topic")) == set(topology.topics(flow))


def check_subscriptions(plan: Plan, flow: Flow) -> None:
    services = plan.of("cloud_run_v2_service")
    made = {
        name: topology.Subscription(
            name=values["name"],
            topic=values["topic"].removeprefix(f"projects/{PROJECT}/topics/"),
            function=one(
                function
                for function, service in services.items()
                if service["uri"] == values["push_config"][0]["push_endpoint"]
            ),
            ack_deadline_s=values["ack_deadline_seconds"],
            min_backoff_s=seconds(values["retry_policy"][0]["minimum_backoff"]),
            max_backoff_s=seconds(values["retry_policy"][0]["maximum_backoff"]),
            max_delivery_attempts=values["dead_letter_policy"][0]["max_delivery_attempts"],
        )
        for name, values in plan.of("pubsub_subscription", "push").items()
        if not name.endswith(".candidate")  # the smoke test's; see test_candidates.py
    }
    assert made == {spec.name: spec for spec in topology.subscriptions(flow)}


def check_schedules(plan: Plan, flow: Flow) -> None:
    made = plan.of("cloud_scheduler_job")
    assert set(made) == {row.schedule for row in flow.schedules}
    for row in flow.schedules:
        job, target = made[row.schedule], made[row.schedule]["pubsub_target"][0]
        assert (job["schedule"], job["time_zone"]) == (row.cron, "Etc/UTC")
        assert target["topic_name"] == f"projects/{PROJECT}/topics/{topology.SWEEP_TOPIC}"
        due = SweepDue(steps=row.steps, within_s=row.within_s)
        message: PubsubMessage = base64.b64decode(target["data"]), {}
        assert json.loads(message[0]) == json.loads(sweep_due_message(due)[0])
        assert parse_sweep_due(pubsub_delivery(target["topic_name"], "1", message, "")) == due
        assert set(row.steps) <= set(STEPS)


def check_services(plan: Plan) -> None:
    made = plan.of("cloud_run_v2_service")
    assert set(made) == set(NEEDS)
    given = {one.function: one.ack_deadline_s for one in topology.subscriptions(FLOW)}
    for function, needs in NEEDS.items():
        template = made[function]["template"][0]
        assert template["max_instance_request_concurrency"] == needs.concurrency
        assert seconds(template["timeout"]) == given.get(function, needs.timeout_s), "Pub/Sub waits as long"
        check_container(template, needs)
        environment = plain_environment(template)
        assert environment["THREADS"] == str(needs.concurrency)
        assert environment["FUNCTION_TARGET"] == function
        assert (ROOT / environment["FUNCTION_SOURCE"]).is_file()


def check_jobs(plan: Plan) -> None:
    made = plan.of("cloud_run_v2_job")
    stages = {spec.stage: (spec, spec.job_timeout_s, 1) for spec in FLOW.stages if spec.job_timeout_s is not None}
    tasks = {task.task: (task, task.timeout_s, task.parallelism) for task in FLOW.tasks}
    assert set(made) == {*stages, *tasks}
    for name, (needs, timeout_s, parallelism) in {**stages, **tasks}.items():
        execution = made[name]["template"][0]
        assert execution["parallelism"] == parallelism
        template = execution["template"][0]
        assert seconds(template["timeout"]) == timeout_s
        assert template["containers"][0]["command"] == ["python", "-m", "shared.adapters.job_task"]
        check_container(template, needs)


def check_container(template: Mapping[str, Any], needs: Needs) -> None:
    container = one(template["containers"])
    images: Any = VARIABLES["images"]
    assert container["image"] == images[needs.image]
    limits = container["resources"][0]["limits"]
    assert (limits["memory"], float(limits["cpu"])) == (needs.memory, needs.cpu)
    data_dir = plain_environment(template)["AUTOMATIONS_DATA_DIR"]
    if needs.disk is None:
        assert not template["volumes"]
        assert data_dir.startswith("/tmp/")
    else:
        disk = one(template["volumes"])["empty_dir"][0]
        assert (disk["medium"], disk["size_limit"]) == ("DISK", needs.disk)
        assert one(container["volume_mounts"])["mount_path"] == data_dir
        assert template["execution_environment"].endswith("GEN2"), "the first generation has no disks"


@pytest.mark.parametrize("check", [check_topics, check_subscriptions, check_schedules])
def test_what_moves_messages_is_what_the_flow_says(check: Callable[[Plan, Flow], None]) -> None:
    check(full_plan(), FLOW)


def test_a_new_project_is_asked_for_no_more_tasks_at_a_time_than_for_instances() -> None:
    plan = planned(max_instances=3)
    transcode = plain_environment(plan.of("cloud_run_v2_service")["transcode"]["template"][0])
    executions = {name: job["template"][0] for name, job in plan.of("cloud_run_v2_job").items()}

    assert {name: one["parallelism"] for name, one in executions.items()} == {"transcode": 1, "encode": 3}
    assert transcode["AUTOMATIONS_ENCODING__WORKERS"] == "3", "which is what it divides its work for"


@pytest.mark.parametrize("check", [check_services, check_jobs])
def test_what_runs_is_what_the_flow_says(check: Callable[[Plan], None]) -> None:
    check(full_plan())


@pytest.mark.parametrize(
    ("name", "old", "new", "check"),
    [
        (
            "flow.tf",
            "[local.flow.failed_topic, local.flow.deleted_topic]",
            "[local.flow.failed_topic]",
            check_topics,
        ),
        ("flow.tf", "answer_s           = 60", "answer_s           = 30", check_subscriptions),
        ("flow.tf", "max(5, row.max_attempts)", "max(6, row.max_attempts)", check_subscriptions),
        ("flow.tf", "min_backoff_s = 10", "min_backoff_s = 20", check_subscriptions),
        ("flow.tf", "row.announcements, false", "row.announces, false", check_subscriptions),
        (
            "pubsub.tf",
            'function[each.value.function].uri, "https',
            'function["tag"].uri, "https',
            check_subscriptions,
        ),
        ("scheduler.tf", "schema_version = 1", "schema_version = 2", check_schedules),
        ("scheduler.tf", "steps = each.value.steps,", "tasks = each.value.steps,", check_schedules),
    ],
)
def test_messages_that_would_go_astray_are_found(
    name: str, old: str, new: str, check: Callable[[Plan, Flow], None], tmp_path: Path
) -> None:
    breached = full_plan(edited(tmp_path, f"infra/gcp/{name}", old, new))

    with pytest.raises(AssertionError):
        check(breached, FLOW)


@pytest.mark.parametrize(
    ("name", "old", "new", "check"),
    [
        (PIPELINE, '"memory": "512Mi"', '"memory": "2Gi"', check_services),
        (PIPELINE, '"concurrency": 80', '"concurrency": 8', check_services),
        (PIPELINE, '"job_timeout_s": 43200', '"job_timeout_s": 3600', check_jobs),
        ("infra/gcp/run.tf", "var.images[each.value.image]", "var.images.light", check_services),
        ("infra/gcp/run.tf", "functions/${each.key}/main.py", "functions/${each.key}.py", check_services),
        ("infra/gcp/run.tf", '"${local.request_s[each.key]}s"', '"${each.value.timeout_s}s"', check_services),
        ("infra/gcp/jobs.tf", '"python", "-m"', '"python3", "-m"', check_jobs),
        (PIPELINE, '"parallelism": 50', '"parallelism": 5', check_jobs),
        ("infra/gcp/jobs.tf", "min(row.parallelism, ", "min(1, ", check_jobs),
    ],
)  # fmt: skip
def test_functions_that_would_get_something_else_are_found(
    name: str, old: str, new: str, check: Callable[[Plan], None], tmp_path: Path
) -> None:
    breached = full_plan(edited(tmp_path, name, old, new))

    with pytest.raises(AssertionError):
        check(breached)


def test_a_new_row_is_a_new_function(tmp_path: Path) -> None:
    row = '{"function": "sweep", '
    needs = '"timeout_s": 540, "memory": "1Gi", "cpu": 1, "image": "light"},'
    grown = edited(tmp_path, PIPELINE, row + needs, f'{row}{needs} {{"function": "count", {needs}')

    assert set(full_plan(grown).of("cloud_run_v2_service")) == {*NEEDS, "count"}


def test_pushes_say_who_they_are_from_and_for_whom() -> None:
    for values in planned().of("pubsub_subscription", "push").values():
        push = values["push_config"][0]
        pushed_to = push["push_endpoint"].replace("https://candidate---", "https://")
        assert push["oidc_token"][0]["audience"] == pushed_to, "Cloud Run looks at it"
        assert push["oidc_token"][0]["service_account_email"].startswith("pusher@")


def test_nothing_that_waits_is_forgotten() -> None:
    subscriptions = planned().of("pubsub_subscription")
    assert {values["expiration_policy"][0]["ttl"] for values in subscriptions.values()} == {""}
    for values in planned().of("pubsub_subscription", "push").values():
        letters = f"projects/{PROJECT}/topics/{topology.DEAD_LETTER_TOPIC}"
        assert values["dead_letter_policy"][0]["dead_letter_topic"] == letters
        assert not values["enable_message_ordering"]
    kept = subscriptions["dead_letters"]
    assert kept["name"] == topology.DEAD_LETTER_TOPIC
    assert kept["topic"].endswith(f"/{topology.DEAD_LETTER_TOPIC}")
    assert seconds(kept["message_retention_duration"]) == 31 * 86400
    assert not kept["push_config"]


def test_only_the_api_can_be_reached_from_outside() -> None:
    open_ones = [
        function
        for function, values in planned().of("cloud_run_v2_service").items()
        if values["ingress"] != "INGRESS_TRAFFIC_INTERNAL_ONLY"
    ]
    assert open_ones == ["api"]


def test_a_project_that_asked_for_nothing_gets_disks_and_uploads_that_it_may_have() -> None:
    plan = planned()
    templates = {name: values["template"][0] for name, values in plan.of("cloud_run_v2_service").items()}
    disks = {
        name: volume["empty_dir"][0]["size_limit"] for name in templates for volume in templates[name]["volumes"]
    }

    assert disks == {name: "10Gi" for name, needs in NEEDS.items() if needs.disk is not None}
    assert {plain_environment(one)["AUTOMATIONS_LIMITS__MAX_SIZE_BYTES"] for one in templates.values()} == {
        str(5 * 2**30)
    }


def plain_environment(template: Mapping[str, Any]) -> dict[str, str]:
    """Returns the variables of a container whose values are known."""
    return {each["name"]: each["value"] for each in template["containers"][0]["env"] if each["value"] is not None}


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def one(values: Any) -> Any:
    (only,) = values
    return only
