"""The smoke test's messages reach candidates, everybody else's the revisions that serve, and each exactly one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.deploy.smoke import OWNER
from shared.domain import topology
from shared.domain.events import Message, ObjectFinalized, SweepDue, VideoEvent, WorkRequested
from shared.domain.wire import to_pubsub
from shared.pipeline import load_flow
from tests.terraform.planning import Plan, edited, planned

FLOW = load_flow()
UPLOADS = FLOW.stages[0].consumes


def passes(condition: str | None, attributes: dict[str, str]) -> bool:
    """Evaluates a filter as Pub/Sub documents those that are used here."""
    if not condition:
        return True
    if inverted := re.fullmatch("NOT (.+)", condition):
        return not passes(inverted[1], attributes)
    if prefix := re.fullmatch(r'hasPrefix\(attributes\.(\w+), "(.+)"\)', condition):
        return attributes.get(prefix[1], "").startswith(prefix[2])
    equal = re.fullmatch(r'attributes\.(\w+) = "(.+)"', condition)
    assert equal is not None, condition
    return attributes.get(equal[1]) == equal[2]


def reached(plan: Plan, topic: str, attributes: dict[str, str]) -> set[str]:
    """Returns the addresses that a message of a topic is pushed to."""
    return {
        values["push_config"][0]["push_endpoint"]
        for values in plan.of("pubsub_subscription", "push").values()
        if values["topic"].endswith(f"/{topic}") and passes(values["filter"], attributes)
    }


def attributes_of(topic: str, owner: str) -> dict[str, str]:
    message: Message
    if topic == UPLOADS:
        message = ObjectFinalized(
            bucket="uploads", name=f"{owner}/clip.mp4", generation=1, size_bytes=1, content_type="video/mp4"
        )
        return to_pubsub(message)[1]
    return {"type": topic, "owner": owner}


def check_lanes(plan: Plan) -> None:
    uris = {name: values["uri"] for name, values in plan.of("cloud_run_v2_service").items()}
    for topic in {spec.topic for spec in topology.subscriptions(FLOW)}:
        functions = {spec.function for spec in topology.subscriptions(FLOW) if spec.topic == topic}
        serving = {uris[function] for function in functions}
        candidates = {uri.replace("https://", "https://candidate---") for uri in serving}
        assert reached(plan, topic, attributes_of(topic, "ann")) == serving
        assert reached(plan, topic, {}) == serving, "what belongs to nobody is not lost"
        if topic != topology.SWEEP_TOPIC:
            assert reached(plan, topic, attributes_of(topic, OWNER)) == candidates


def test_each_message_reaches_one_lane() -> None:
    check_lanes(planned())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('smoke_owner = "smoke-test"', 'smoke_owner = "smoke"'),
        ("NOT ${local.smoke_messages", "${local.smoke_messages"),
        ('tag    = "candidate---"', 'tag    = ""'),
        ("attributes.objectId", "attributes.object_id"),
        ('if one.function != "sweep"', 'if one.function != "tag"'),
    ],
)
def test_a_message_that_would_be_lost_or_doubled_is_found(old: str, new: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, "infra/gcp/candidate.tf", old, new))

    with pytest.raises(AssertionError):
        check_lanes(breached)


def test_what_is_published_says_whose_it_is() -> None:
    """The filters look at attributes only."""
    assert {"owner"} <= VideoEvent.__dataclass_fields__.keys() & WorkRequested.__dataclass_fields__.keys()
    assert "owner" not in SweepDue.__dataclass_fields__


def test_every_deployment_makes_a_revision_of_every_service() -> None:
    for values in planned(release="abc123").of("cloud_run_v2_service").values():
        assert values["template"][0]["labels"]["release"] == "abc123"
