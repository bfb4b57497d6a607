"""Deliveries to webhooks: what was sent, what became of it, and sending it again."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from functions.api.routes.webhooks import found_webhook
from shared.domain.cursor import decode_cursor, encode_cursor
from shared.domain.errors import NotFound
from shared.domain.webhooks import (
    DeliveryAttempt,
    DeliveryState,
    Webhook,
    WebhookDelivery,
    delivery_ids,
    sample_delivery,
)
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.ports.event_bus import EventBus
from shared.runtime.tasks import request_work

__all__ = ["webhook_delivery_routes"]


class DeliveriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which deliveries to list."""

    limit: Annotated[int, Meta(ge=1, le=100, description="Most deliveries in one answer.")] = 50
    cursor: Annotated[str | None, Meta(description="The next_cursor of the page before.")] = None


class DeliveryAttemptView(Struct, frozen=True):
    """One request; ``error`` is empty when the receiver took it."""

    at: datetime
    status: int | None
    error: str
    took_s: float


class DeliveryView(Struct, frozen=True):
    """An event for a webhook; ``next_attempt_at`` is when it is sent again, at the earliest."""

    id: str
    event_id: str
    event_type: str
    video_id: str | None
    state: DeliveryState
    created_at: datetime
    attempts: tuple[DeliveryAttemptView, ...]
    next_attempt_at: datetime | None


class DeliveryList(Struct, frozen=True):
    """Some deliveries, newest event first; ``next_cursor`` leads to the page after."""

    deliveries: tuple[DeliveryView, ...]
    next_cursor: str | None


def webhook_delivery_routes(bus: EventBus, clock: Clock) -> Routes:
    """Returns the routes of deliveries to webhooks.

    Args:
        bus: Where the function that delivers is told of them.
        clock: The time.
    """
    routes = Routes("webhooks")

    @routes.add("POST", "/v1/webhooks/<webhook_id>/test", allow="admin", answers={202: DeliveryView})
    def test_webhook(call: Call[Nothing, Nothing]) -> Answer:
        """Sends an event of type ``test``."""
        delivery = sample_delivery(_enabled(found_webhook(call)), clock.now())
        made = Edit(answer=delivery, document=delivery)
        return _requested(bus, call.documents.update(WebhookDelivery, delivery.id, lambda _none: made))

    @routes.add(
        "GET",
        "/v1/webhooks/<webhook_id>/deliveries",
        allow="admin",
        query=DeliveriesQuery,
        answers={200: DeliveryList},
    )
    def list_deliveries(call: Call[DeliveriesQuery, Nothing]) -> Answer:
        """Lists what was sent to a webhook in the last 30 days and what became of it, newest event first."""
        webhook, limit = found_webhook(call), call.query.limit
        beginning, greatest = delivery_ids(webhook.id)
        before = greatest if call.query.cursor is None else decode_cursor(_scope(webhook), call.query.cursor, str)
        found = call.documents.all(WebhookDelivery, limit=limit + 1, before=before)
        ours = [delivery for delivery in found if delivery.id.startswith(beginning)]
        page = tuple(_view(delivery) for delivery in ours[:limit])
        onward = encode_cursor(_scope(webhook), page[-1].id) if len(ours) > limit else None
        return Answer(value=DeliveryList(deliveries=page, next_cursor=onward))

    @routes.add(
        "POST",
        "/v1/webhooks/<webhook_id>/deliveries/<delivery_id>/redeliver",
        allow="admin",
        answers={202: DeliveryView},
    )
    def redeliver(call: Call[Nothing, Nothing]) -> Answer:
        """Sends an event again, under the same id, and keeps trying for a day."""
        renew = partial(_renewed, webhook=_enabled(found_webhook(call)), now=clock.now())
        return _requested(bus, call.documents.update(WebhookDelivery, call.path["delivery_id"], renew))

    return routes


def _enabled(webhook: Webhook) -> Webhook:
    if not webhook.enabled:
        raise Refusal(409, "webhook_disabled", "The webhook is disabled; enable it first.")
    return webhook


def _renewed(
    stored: WebhookDelivery | None, webhook: Webhook, now: datetime
) -> Edit[WebhookDelivery, WebhookDelivery]:
    if stored is None or stored.webhook_id != webhook.id:
        raise NotFound("There is no such delivery.")
    if stored.state == "pending":
        raise Refusal(409, "delivery_pending", "It is being tried already; next_attempt_at says when.")
    if not stored.body:
        raise Refusal(409, "content_gone", "What it told was deleted with its video.")
    again = stored.begun_anew(now)
    return Edit(answer=again, document=again)


def _requested(bus: EventBus, delivery: WebhookDelivery) -> Answer:
    request_work(bus, delivery)
    return Answer(value=_view(delivery), status=202)


def _scope(webhook: Webhook) -> str:
    return f"deliveries of {webhook.id}"


def _view(delivery: WebhookDelivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        video_id=delivery.about or None,
        state=delivery.state,
        created_at=delivery.created_at,
        attempts=tuple(_attempt_view(attempt) for attempt in delivery.attempts),
        next_attempt_at=delivery.due_at if delivery.state == "pending" else None,
    )


def _attempt_view(attempt: DeliveryAttempt) -> DeliveryAttemptView:
    return DeliveryAttemptView(at=attempt.at, status=attempt.status, error=attempt.error, took_s=attempt.took_s)
