"""The topics and subscriptions of a deployment are those that the functions' flow needs."""

from __future__ import annotations

from shared.domain import topology
from shared.pipeline import load_flow
from tests.terraform.planning import planned

FLOW = load_flow()


def test_every_topic_of_the_flow_exists_and_no_other() -> None:
    assert set(planned().of("pubsub_topic")) == set(topology.topics(FLOW))
