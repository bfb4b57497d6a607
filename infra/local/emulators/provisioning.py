"""Makes in the emulators what Terraform makes in a project: buckets, topics, push subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1.types import DeadLetterPolicy, PushConfig, RetryPolicy
from google.pubsub_v1.types import Subscription as PubsubSubscription

from infra.local.emulators.emulator import PROJECT
from shared.domain.flow import Flow
from shared.domain.topology import DEAD_LETTER_TOPIC, Subscription, subscriptions, topics
from shared.settings import Settings

__all__ = ["create_buckets", "create_topics", "topic_path"]

_BACKOFFS_IN_A_LEASE: Final = 3
"""What meets a dead worker's lease must not be given up before the lease has run out."""


def create_topics(flow: Flow, endpoints: Mapping[str, str], *, lease_s: float) -> None:
    """Creates every topic, the functions' subscriptions to them, and one that keeps dead letters until pulled.

    Args:
        flow: The flow.
        endpoints: Function -> URL that its deliveries are posted to.
        lease_s: Seconds a claim lasts without a heartbeat. On one machine that is all a message may have to wait
            for, so it comes back sooner than on Google Cloud where leases are made shorter.
    """
    with PublisherClient() as publisher, SubscriberClient() as subscriber:
        for topic in topics(flow):
            publisher.create_topic(name=topic_path(topic))
        for subscription in subscriptions(flow):
            min_backoff_s = min(subscription.min_backoff_s, lease_s / _BACKOFFS_IN_A_LEASE)
            subscriber.create_subscription(_pushed(subscription, endpoints[subscription.function], min_backoff_s))
        subscriber.create_subscription(
            name=f"projects/{PROJECT}/subscriptions/{DEAD_LETTER_TOPIC}", topic=topic_path(DEAD_LETTER_TOPIC)
        )


def create_buckets(settings: Settings) -> None:
    """Creates the buckets."""
    client = storage.Client(PROJECT, AnonymousCredentials())
    for name in (settings.upload_bucket, settings.media_bucket):
        client.create_bucket(name)
    client.close()


def _pushed(subscription: Subscription, endpoint: str, min_backoff_s: float) -> PubsubSubscription:
    return PubsubSubscription(
        name=f"projects/{PROJECT}/subscriptions/{subscription.name}",
        topic=topic_path(subscription.topic),
        push_config=PushConfig(push_endpoint=endpoint),
        ack_deadline_seconds=round(subscription.ack_deadline_s),
        retry_policy=RetryPolicy(
            minimum_backoff=_duration(min_backoff_s), maximum_backoff=_duration(subscription.max_backoff_s)
        ),
        dead_letter_policy=DeadLetterPolicy(
            dead_letter_topic=topic_path(DEAD_LETTER_TOPIC),
            max_delivery_attempts=subscription.max_delivery_attempts,
        ),
    )


def topic_path(topic: str) -> str:
    """Returns a topic's full name."""
    return f"projects/{PROJECT}/topics/{topic}"


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
