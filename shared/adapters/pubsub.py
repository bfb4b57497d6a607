"""Google Cloud Pub/Sub as the event bus.

Publishes with the generated client, one request a message. The batching publisher that wraps it (pubsub_v1) takes
as long to import and is made for streams; a function has an event or two to send, and must know that they are
stored before it answers. With a request each, nothing lingers in a batch, or in a thread that an idle instance has
no CPU for, nothing is left to flush when the instance ends, and no more is under way than there are threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth.exceptions import DefaultCredentialsError
from google.pubsub_v1 import PublisherClient, PubsubMessage

from shared.domain.errors import ConfigurationError, PipelineError, TransientError
from shared.domain.events import Message
from shared.domain.video import Video
from shared.domain.wire import to_pubsub

__all__ = ["MAX_MESSAGE_BYTES", "REQUEST_TIMEOUT_S", "RETRY", "TRANSIENT", "PubsubEventBus"]

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""An event carries pointers. One that is larger than this carries something else."""

REQUEST_TIMEOUT_S: Final = 10.0
_GIVE_UP_AFTER_S: Final = 30.0
"""An event stays in the outbox, a dead letter where it is; and a function's time is limited."""

TRANSIENT: Final = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.RetryError,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,
)
"""Errors that pass, and that they did not pass in time."""

RETRY: Final = Retry(
    predicate=lambda error: isinstance(error, TRANSIENT), initial=0.1, maximum=5.0, timeout=_GIVE_UP_AFTER_S
)


class PubsubEventBus:
    """An EventBus over topics of one project. Safe to use from several threads, but not across a fork.

    Args:
        project: The project's id.

    Raises:
        ConfigurationError: There are no credentials.
    """

    def __init__(self, project: str) -> None:
        self._project = project
        try:
            self._client = PublisherClient()
        except DefaultCredentialsError as error:
            raise ConfigurationError("no_credentials", f"Pub/Sub can't be used: {error}") from error

    def publish(self, topic: str, message: Message) -> None:
        self.publish_raw(topic, *to_pubsub(message))

    def publish_raw(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> None:
        """Publishes what may be no message that we know, such as a dead letter; as publish() else."""
        size_bytes = len(data) + sum(len(name) + len(value.encode()) for name, value in attributes.items())
        if size_bytes > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message to {topic} has {size_bytes} bytes, more than {MAX_MESSAGE_BYTES}")
        try:
            self._client.publish(
                topic=PublisherClient.topic_path(self._project, topic),
                messages=[PubsubMessage(data=data, attributes=dict(attributes))],
                retry=RETRY,
                timeout=REQUEST_TIMEOUT_S,
            )
        except exceptions.GoogleAPIError as error:
            raise _translated(error, topic) from error

    def take_back(self, video: Video) -> None:
        del video  # Pub/Sub has no way to

    def close(self) -> None:
        """Closes the connection."""
        self._client.transport.close()


def _translated(error: exceptions.GoogleAPIError, topic: str) -> PipelineError:
    if isinstance(error, exceptions.NotFound):
        return ConfigurationError("topic_missing", f"There is no Pub/Sub topic {topic!r}. Create it.")
    if isinstance(error, (exceptions.Forbidden, exceptions.Unauthenticated)):
        return ConfigurationError(
            "publish_denied", f"Publishing to {topic!r} is not allowed. Grant roles/pubsub.publisher. {error}"
        )
    if isinstance(error, TRANSIENT):
        return TransientError("publish_failed", f"Publishing to {topic!r} failed: {error}")
    return ConfigurationError("publish_refused", f"Pub/Sub does not take a message to {topic!r}: {error}")
