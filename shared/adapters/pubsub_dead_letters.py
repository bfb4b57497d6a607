"""The dead letters of Pub/Sub: what a pull subscription to the dead-letter topic keeps.

Pub/Sub says in attributes which subscription gave a message up, and after how many deliveries; the subscription's
name tells the function and the topic (``shared/domain/topology.py``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError
from google.pubsub_v1 import PubsubMessage, ReceivedMessage, SubscriberClient

from shared.adapters.pubsub import REQUEST_TIMEOUT_S, RETRY, TRANSIENT, PubsubEventBus
from shared.domain.errors import ConfigurationError, TransientError
from shared.domain.topology import DEAD_LETTER_TOPIC
from shared.logs import logger
from shared.ports.dead_letters import DeadLetter, Disposal

__all__ = ["PubsubDeadLetters"]

_PAGE: Final = 100
_HOLD_S: Final = 600
"""The longest that Pub/Sub lets a message be held. Who needs longer for all of them meets the first ones again."""

_EMPTY_ANSWERS: Final = 3
"""Messages lie on several servers, and an empty answer is one server's."""

_MOST_RELEASED: Final = 1000
"""Ids in one request, which may have 512 KiB."""

_SOURCE: Final = "CloudPubSubDeadLetterSource"


class PubsubDeadLetters:
    """DeadLetters of one project, in no order. A replay reaches everybody who subscribed to the topic.

    Args:
        project: The project's id.

    Raises:
        ConfigurationError: There are no credentials.
    """

    def __init__(self, project: str) -> None:
        self._subscription = SubscriberClient.subscription_path(project, DEAD_LETTER_TOPIC)
        try:
            self._subscriber = SubscriberClient()
        except DefaultCredentialsError as error:
            raise ConfigurationError("no_credentials", f"Pub/Sub can't be used: {error}") from error
        self._bus = PubsubEventBus(project)

    def visit(self, decide: Callable[[DeadLetter], Disposal]) -> None:
        held: dict[str, str] = {}  # message -> what gives it back
        try:
            for received in self._pulled(held):
                letter = _letter(received.message)
                disposal = decide(letter)
                if disposal == "stop":
                    return
                if disposal == "replay":
                    self._publish(letter)
                if disposal != "keep":
                    self._call(self._subscriber.acknowledge, ack_ids=[held[letter.id]])
                    held[letter.id] = ""
        except exceptions.GoogleAPIError as error:
            raise _translated(error) from error
        finally:
            self._give_back([ack_id for ack_id in held.values() if ack_id])

    def close(self) -> None:
        """Closes the connections."""
        self._subscriber.transport.close()
        self._bus.close()

    def _pulled(self, held: dict[str, str]) -> Iterator[ReceivedMessage]:
        """Yields what is there, each message once, having noted what gives it back."""
        empty_answers = 0
        while empty_answers < _EMPTY_ANSWERS:
            page = self._page()
            fresh = [received for received in page if received.message.message_id not in held]
            held |= {received.message.message_id: received.ack_id for received in page}
            empty_answers = 0 if fresh else empty_answers + 1
            if page:
                ack_ids = [received.ack_id for received in page]
                self._call(self._subscriber.modify_ack_deadline, ack_ids=ack_ids, ack_deadline_seconds=_HOLD_S)
            yield from fresh

    def _page(self) -> Sequence[ReceivedMessage]:
        # Google discourages it for those who wait for messages. This one asks what there is.
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            pulled = self._call(self._subscriber.pull, max_messages=_PAGE, return_immediately=True)
        return list(pulled.received_messages)

    def _publish(self, letter: DeadLetter) -> None:
        if not letter.topic:
            raise ConfigurationError(
                "topic_unknown", f"The dead letter {letter.id} does not say which topic it was published to."
            )
        self._bus.publish_raw(letter.topic, letter.data, letter.attributes)

    def _give_back(self, ack_ids: Sequence[str]) -> None:
        """Lets others have messages at once. Where that fails, they have them when the hold is over."""
        for start in range(0, len(ack_ids), _MOST_RELEASED):
            some = ack_ids[start : start + _MOST_RELEASED]
            try:
                self._call(self._subscriber.modify_ack_deadline, ack_ids=some, ack_deadline_seconds=0)
            except exceptions.GoogleAPIError as error:  # what ended the look must be heard of, not this
                logger().warning("dead_letters_held", count=len(some), error=str(error))

    def _call(self, method: Callable[..., Any], **arguments: object) -> Any:
        return method(subscription=self._subscription, **arguments, retry=RETRY, timeout=REQUEST_TIMEOUT_S)


def _letter(message: PubsubMessage) -> DeadLetter:
    told = {name.removeprefix(_SOURCE): value for name, value in message.attributes.items() if _is_told(name)}
    function, _, rest = told.get("Subscription", "").partition(".")
    return DeadLetter(
        id=message.message_id,
        function=function,
        topic=rest.partition(".")[0],  # what may follow tells a candidate's subscription from the one that serves
        deliveries=int(told["DeliveryCount"]) if told.get("DeliveryCount", "").isdigit() else None,
        published_at=_published_at(message, told),
        data=message.data,
        attributes={name: value for name, value in message.attributes.items() if not _is_told(name)},
    )


def _is_told(name: str) -> bool:
    return name.startswith(_SOURCE)


def _published_at(message: PubsubMessage, told: Mapping[str, str]) -> datetime:
    try:
        return datetime.fromisoformat(told["TopicPublishTime"])
    except (KeyError, ValueError):
        died_at: datetime = message.publish_time
        return died_at


def _translated(error: exceptions.GoogleAPIError) -> TransientError | ConfigurationError:
    if isinstance(error, TRANSIENT):
        return TransientError("dead_letters_unavailable", f"Pub/Sub can't be used: {error}")
    if isinstance(error, exceptions.NotFound):
        return ConfigurationError("topic_missing", f"Pub/Sub misses something ({error}). Create it.")
    return ConfigurationError(
        "dead_letters_refused",
        f"Pub/Sub refuses ({error}). Grant roles/pubsub.subscriber on the subscription {DEAD_LETTER_TOPIC!r}.",
    )
