"""What a flow needs of Pub/Sub: topics and push subscriptions, as data for whatever creates them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.domain.flow import Flow

__all__ = ["DEAD_LETTER_TOPIC", "SWEEP_TOPIC", "Subscription", "subscriptions", "topics"]

DEAD_LETTER_TOPIC: Final = "dead-letters"
"""Where what no function could handle ends up. Without a subscription to it, it would be lost there."""

SWEEP_TOPIC: Final = "sweep-due"
"""Where a scheduler sends what the flow's ``schedules`` say."""

_MAX_ACK_DEADLINE_S: Final = 600.0
"""The longest that Pub/Sub waits for a push to be answered."""

_ANSWER_S: Final = 60.0
"""What a function may need beyond its stage's time: to start, to download, to commit, to publish."""

_MIN_DELIVERY_ATTEMPTS: Final = 5
"""The fewest after which Pub/Sub gives a message up."""

_MIN_BACKOFF_S: Final = 10.0
_MAX_BACKOFF_S: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A push subscription.

    It has no filter, which would drop what a function has to see to refuse it, and no ordering, which functions do
    not need and which stops at a message that can't be handled. (On Google Cloud, filters part the smoke test's
    messages from all others; both have a subscription.)

    Attributes:
        name: Names function and topic: another topic makes another subscription, so that both can be there while
            one replaces the other.
        topic: The topic.
        function: The function that messages are pushed to.
        ack_deadline_s: Seconds that a push may take to be answered.
        min_backoff_s: Seconds before a message refused for the first time comes back; each further refusal makes
            it longer …
        max_backoff_s: … up to this.
        max_delivery_attempts: Refusals after which a message goes to the dead letters. What a video was waiting
            for is not lost with it: sweep sends it again.
    """

    name: str
    topic: str
    function: str
    ack_deadline_s: float
    min_backoff_s: float = _MIN_BACKOFF_S
    max_backoff_s: float = _MAX_BACKOFF_S
    max_delivery_attempts: int = _MIN_DELIVERY_ATTEMPTS


def topics(flow: Flow) -> tuple[str, ...]:
    """Returns every topic that must exist before anything runs."""
    return tuple(dict.fromkeys((*flow.topics, SWEEP_TOPIC, DEAD_LETTER_TOPIC)))


def subscriptions(flow: Flow) -> tuple[Subscription, ...]:
    """Returns the subscriptions that make the functions run, in the order of the flow."""
    stages = (
        Subscription(
            name=f"{spec.stage}.{spec.consumes}",
            topic=spec.consumes,
            function=spec.stage,
            ack_deadline_s=min(spec.timeout_s + _ANSWER_S, _MAX_ACK_DEADLINE_S),
            max_delivery_attempts=max(_MIN_DELIVERY_ATTEMPTS, spec.max_attempts),
        )
        for spec in flow.stages
    )
    listeners = (
        Subscription(
            name=f"{listener.function}.{topic}",
            topic=topic,
            function=listener.function,
            ack_deadline_s=min(listener.timeout_s + _ANSWER_S, _MAX_ACK_DEADLINE_S),
        )
        for listener in flow.listeners
        for topic in flow.listened_to(listener)
    )
    sweep = Subscription(
        name=f"sweep.{SWEEP_TOPIC}", topic=SWEEP_TOPIC, function="sweep", ack_deadline_s=_MAX_ACK_DEADLINE_S
    )
    return (*stages, *listeners, sweep)
