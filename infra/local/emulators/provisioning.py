"""Makes in the emulators what Terraform makes in a project: buckets, topics, push subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client as StorageClient
from google.pubsub_v1 import DeadLetterPolicy, PublisherClient, PushConfig, RetryPolicy, SubscriberClient
from google.pubsub_v1 import Subscription as PubsubSubscription

from infra.local.emulators.emulator import PROJECT
from shared.domain.flow import Flow
from shared.domain.topology import DEAD_LETTER_TOPIC, Subscription, subscriptions, topics
from shared.settings import Settings

__all__ = ["create_buckets", "create_topics"]

_BACKOFFS_IN_A_LEASE: Final = 3
"""What meets a dead worker's lease must not be given up before the lease has run out."""
_topic: Final = partial(PublisherClient.topic_path, PROJECT)


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
            publisher.create_topic(name=_topic(topic))
        for subscription in subscriptions(flow):
            min_backoff_s = min(subscription.min_backoff_s, lease_s / _BACKOFFS_IN_A_LEASE)
            subscriber.create_subscription(_pushed(subscription, endpoints[subscription.function], min_backoff_s))
        subscriber.create_subscription(
            name=SubscriberClient.subscription_path(PROJECT, DEAD_LETTER_TOPIC), topic=_topic(DEAD_LETTER_TOPIC)
        )


def create_buckets(settings: Settings) -> None:
    """Creates the buckets."""
    client = StorageClient(PROJECT, AnonymousCredentials())
    for name in (settings.upload_bucket, settings.media_bucket):
        client.create_bucket(name)
    client.close()


def _pushed(subscription: Subscription, endpoint: str, min_backoff_s: float) -> PubsubSubscription:
    return PubsubSubscription(
        name=SubscriberClient.subscription_path(PROJECT, subscription.name),
        topic=_topic(subscription.topic),
        push_config=PushConfig(push_endpoint=endpoint),
        ack_deadline_seconds=round(subscription.ack_deadline_s),
        retry_policy=RetryPolicy(
            minimum_backoff=timedelta(seconds=min_backoff_s),
            maximum_backoff=timedelta(seconds=subscription.max_backoff_s),
        ),
        dead_letter_policy=DeadLetterPolicy(
            dead_letter_topic=_topic(DEAD_LETTER_TOPIC),
            max_delivery_attempts=subscription.max_delivery_attempts,
        ),
    )
