"""Tells webhooks and publishers what happened to videos. All of it may run any number of times, also at once.

An announcement makes a delivery for each webhook that wants it; a message for each delivery makes an attempt. So a
receiver that is slow or down holds up no other one, and what is lost on the way is sent again by sweep.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, Protocol

from functions.notify.claims import claim, once, settle
from functions.notify.publishing import Publishing, PublishingPorts
from functions.notify.signature import signed_headers
from shared.domain.errors import PermanentError, TransientError
from shared.domain.events import VideoEvent, WorkRequested
from shared.domain.plain_text import plain_text
from shared.domain.publications import is_publication
from shared.domain.webhooks import DELIVERY_DUE, DeliveryAttempt, Webhook, WebhookDelivery, event_delivery
from shared.domain.wire import Delivery, parse_delivery
from shared.logs import logger
from shared.ports.document_store import Edit
from shared.ports.web_client import WebAnswer, WebClient
from shared.processors.publisher import Publisher
from shared.runtime.tasks import request_work

__all__ = ["Notifier", "NotifyPorts"]

_QUOTED_CHARS: Final = 200


class NotifyPorts(PublishingPorts, Protocol):
    """What notifying needs: webhooks are reached over the web."""

    @property
    def web(self) -> WebClient: ...


class Notifier:
    """Makes deliveries and attempts at them.

    Args:
        ports: What it works with.
        publishers: Who is told beside webhooks.
        chance: Returns a number in 0..1, uniformly; spreads attempts that would come together.
        timeout_s: Seconds that a receiver has to say that it took something. What it does with it, it should do
            afterwards.
    """

    def __init__(
        self,
        ports: NotifyPorts,
        *,
        publishers: Sequence[Publisher] = (),
        chance: Callable[[], float] = random.random,
        timeout_s: float = 15.0,
    ) -> None:
        self._ports = ports
        self._publishing = Publishing(ports, publishers)
        self._chance = chance
        self._timeout_s = timeout_s

    def handle(self, delivery: Delivery) -> None:
        """Handles one message; returning acknowledges it.

        Raises:
            PermanentError: ``bad_event``: it is none for this function.
            TransientError: The store can't be reached; deliver it again.
        """
        message = parse_delivery(delivery)
        if isinstance(message, VideoEvent):
            self._announce(message)
            self._publishing.announce(message)
        elif isinstance(message, WorkRequested) and message.type == DELIVERY_DUE:
            if is_publication(message.document_id):
                self._publishing.attempt(message.document_id)
            else:
                self._attempt(message.document_id)
        else:
            raise PermanentError("bad_event", "This function is told of videos and deliveries only.")

    def _announce(self, event: VideoEvent) -> None:
        ports = self._ports
        told_of_deletion = event.type == ports.flow.deleted_topic
        made = [
            event_delivery(webhook, event, outlives=told_of_deletion)
            for webhook in ports.documents.owned(Webhook, owner=event.owner)
            if webhook.wants(event.type)
        ]
        new = [
            one
            for one in made
            if ports.documents.update(WebhookDelivery, one.id, partial(once, one), owner=one.owner)
        ]
        if made and not told_of_deletion and ports.repository.get(event.video_id) is None:
            # Whoever deleted the video may have looked for these before they were there.
            for one in made:
                ports.documents.delete(WebhookDelivery, one.id, owner=one.owner)
            return
        for one in new:
            request_work(ports.bus, one)

    def _attempt(self, delivery_id: str) -> None:
        ports = self._ports
        due = partial(claim, now=ports.clock.now())
        delivery = ports.documents.update(WebhookDelivery, delivery_id, due, owner=None)
        if delivery is None:
            return
        webhook = ports.documents.get(Webhook, delivery.webhook_id, owner=delivery.owner)
        now = ports.clock.now()
        if webhook is None:
            ports.documents.delete(WebhookDelivery, delivery.id, owner=delivery.owner)
        elif not webhook.enabled:
            self._settle(delivery, delivery.given_up("The webhook is disabled.", now))
        elif webhook.rests_until is not None and now < webhook.rests_until:
            self._settle(delivery, delivery.postponed(webhook.rests_until))
        else:
            self._send(webhook, delivery)

    def _send(self, webhook: Webhook, delivery: WebhookDelivery) -> None:
        attempt = self._post(webhook, delivery)
        logger().info(
            "webhook_attempt",
            webhook_id=webhook.id,
            event_id=delivery.event_id,
            status=attempt.status,
            error=attempt.error,
            wall_s=attempt.took_s,
        )
        self._settle(delivery, delivery.after(attempt, self._chance()))
        if webhook.after(attempt) != webhook:
            self._ports.documents.update(Webhook, webhook.id, partial(_note, attempt=attempt), owner=webhook.owner)

    def _post(self, webhook: Webhook, delivery: WebhookDelivery) -> DeliveryAttempt:
        clock = self._ports.clock
        began_s = clock.monotonic()
        headers = signed_headers(webhook, delivery, clock.now())
        answer, error = None, ""
        try:
            answer = self._ports.web.post(webhook.url, delivery.body.encode(), headers, timeout_s=self._timeout_s)
        except (PermanentError, TransientError) as refused:
            error = refused.detail
        return DeliveryAttempt(
            at=clock.now(),
            status=answer.status if answer else None,
            error=_complaint(answer) if answer else error,
            took_s=round(clock.monotonic() - began_s, 3),
            retry_after_s=_retry_after_s(answer, clock.now()) if answer else None,
        )

    def _settle(self, claimed: WebhookDelivery, outcome: WebhookDelivery) -> None:
        """Saves what became of a delivery, unless somebody else took over; a success counts in any case."""
        ended = outcome.state != "pending"
        if ended and outcome.event_type == self._ports.flow.deleted_topic:
            # It names a video that nothing here must know of any more.
            outcome = outcome.without_content()
        decide = partial(settle, claimed=claimed, outcome=outcome)
        self._ports.documents.update(WebhookDelivery, claimed.id, decide, owner=claimed.owner)


def _note(stored: Webhook | None, attempt: DeliveryAttempt) -> Edit[Webhook, None]:
    return Edit(answer=None, document=stored and stored.after(attempt))


def _complaint(answer: WebAnswer) -> str:
    """Says what is wrong with an answer; nothing for one that takes what was sent."""
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        return f"The receiver redirects ({answer.status}), which is not followed. Name the final URL."
    said = plain_text(answer.body.decode(errors="replace"), _QUOTED_CHARS)
    return f"The receiver answered {answer.status}" + (f": {said}" if said else ".")


def _retry_after_s(answer: WebAnswer, now: datetime) -> float | None:
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdecimal() and len(asked) < 10:
        return float(asked)
    try:
        until = parsedate_to_datetime(asked).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (until - now).total_seconds())
