from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.pubsub_v1 import SubscriberClient

from infra.local.emulators import PROJECT, missing_emulators, pubsub_emulator
from infra.local.emulators.provisioning import create_topics
from shared.domain.topology import DEAD_LETTER_TOPIC, SWEEP_TOPIC, subscriptions
from shared.pipeline import load_flow
from tests.requirement import missing

FLOW = load_flow()
ENDPOINTS = {spec.function: f"http://127.0.0.1:1/{spec.function}" for spec in subscriptions(FLOW)}


@pytest.fixture
def subscriber(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SubscriberClient]:
    if (lacking := missing_emulators()) is not None:
        missing(lacking)
    with pubsub_emulator(tmp_path) as pubsub:  # one of its own, since the flow's topics are made once
        for name, value in pubsub.client_environment.items():
            monkeypatch.setenv(name, value)
        with SubscriberClient() as client:
            yield client


def test_every_function_is_subscribed_as_the_flow_says(subscriber: SubscriberClient) -> None:
    create_topics(FLOW, ENDPOINTS, lease_s=6.0)
    for spec in subscriptions(FLOW):
        made = subscriber.get_subscription(subscription=subscriber.subscription_path(PROJECT, spec.name))
        assert made.topic == f"projects/{PROJECT}/topics/{spec.topic}"
        assert made.push_config.push_endpoint == ENDPOINTS[spec.function]
        assert made.ack_deadline_seconds == spec.ack_deadline_s
        assert made.retry_policy.minimum_backoff.total_seconds() == 2.0
        assert made.dead_letter_policy.dead_letter_topic == f"projects/{PROJECT}/topics/{DEAD_LETTER_TOPIC}"
        assert made.dead_letter_policy.max_delivery_attempts == spec.max_delivery_attempts
    assert SWEEP_TOPIC in {spec.topic for spec in subscriptions(FLOW)}
    kept = subscriber.get_subscription(subscription=subscriber.subscription_path(PROJECT, DEAD_LETTER_TOPIC))
    assert not kept.push_config.push_endpoint, "dead letters wait for somebody to look at them"
