"""What has to exist for a flow to run, within the limits that Pub/Sub has."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shared.domain.topology import DEAD_LETTER_TOPIC, SWEEP_TOPIC, Subscription, subscriptions, topics
from shared.pipeline import load_flow

FLOW = load_flow()


def test_every_stage_listener_and_sweep_has_a_subscription_to_each_of_its_topics() -> None:
    assert [(subscription.function, subscription.topic) for subscription in subscriptions(FLOW)] == [
        *((spec.stage, spec.consumes) for spec in FLOW.stages),
        *((listener.function, topic) for listener in FLOW.listeners for topic in FLOW.listened_to(listener)),
        ("sweep", SWEEP_TOPIC),
    ]
    heard = {subscription.topic for subscription in subscriptions(FLOW) if subscription.function == "notify"}
    assert heard == {"delivery-due", *FLOW.announcements}


def test_every_topic_is_named_once() -> None:
    named = topics(FLOW)
    assert len(set(named)) == len(named)
    assert {subscription.topic for subscription in subscriptions(FLOW)} <= set(named)
    assert {*FLOW.topics, DEAD_LETTER_TOPIC} <= set(named)


@pytest.mark.parametrize("subscription", subscriptions(FLOW), ids=lambda subscription: subscription.name)
def test_a_subscription_is_one_that_pubsub_accepts(subscription: Subscription) -> None:
    assert 10 <= subscription.ack_deadline_s <= 600
    assert 0 <= subscription.min_backoff_s <= subscription.max_backoff_s <= 600
    assert 5 <= subscription.max_delivery_attempts <= 100
    for name in (subscription.name, subscription.topic):
        assert re.fullmatch(r"(?!goog)[A-Za-z][A-Za-z0-9._~%+-]{2,254}", name)


def test_a_function_has_time_to_answer_after_its_stage_used_its_own_up() -> None:
    timeouts_s = {spec.stage: spec.timeout_s for spec in FLOW.stages}
    timeouts_s |= {listener.function: listener.timeout_s for listener in FLOW.listeners}
    for subscription in subscriptions(FLOW):
        assert subscription.ack_deadline_s > timeouts_s.get(subscription.function, 0.0)


def test_a_stage_gets_all_its_attempts() -> None:
    chain = replace(FLOW, listeners=())
    patient = replace(chain, stages=(replace(FLOW.stages[0], max_attempts=9), *FLOW.stages[1:]))
    assert [subscription.max_delivery_attempts for subscription in subscriptions(patient)] == [9, 5, 5, 5, 5, 5]
