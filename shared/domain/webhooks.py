"""Webhooks and what is delivered to them, as pure rules: what is sent, when it is tried again, when that ends."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from shared.domain.codec import encode
from shared.domain.events import VideoEvent

__all__ = [
    "DELIVERY_DUE",
    "MAX_WEBHOOKS",
    "RETRY_DELAYS_S",
    "TEST_EVENT",
    "DeliveryAttempt",
    "DeliveryState",
    "Webhook",
    "WebhookDelivery",
    "delivery_ids",
    "event_delivery",
    "new_secret",
    "new_webhook_id",
    "sample_delivery",
]

DELIVERY_DUE: Final = "delivery-due"
"""Topic on which the function that delivers is told of a delivery."""

MAX_WEBHOOKS: Final = 20
"""The most that one owner may have: each is looked at for every event."""

TEST_EVENT: Final = "test"
"""Type of the event that is sent when somebody wants to see one."""

RETRY_DELAYS_S: Final = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 28800.0, 28800.0)
"""At least so long after each failure the next try is made: a day in all."""

_MAX_RETRY_AFTER_S: Final = 6 * 3600.0
"""A receiver may ask for later, within reason."""

_CLAIM: Final = timedelta(seconds=60)
"""Whoever tries has so long before somebody else may; an attempt takes a quarter of it at most."""

_REST: Final = timedelta(seconds=60)
"""How long a receiver that does not answer is left alone, so that waiting for it keeps nobody else waiting."""

_FAILS_AT_MOST: Final = timedelta(days=5)
"""A webhook that takes nothing for longer is disabled."""

_ROTATION: Final = timedelta(hours=24)
"""How long what is sent is signed with the previous secret as well."""

_LOG_KEPT: Final = timedelta(days=30)
_MOST_ATTEMPTS_SHOWN: Final = 20
_MAX_ERROR_CHARS: Final = 500

DeliveryState: TypeAlias = Literal["pending", "delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events are sent.

    Attributes:
        id: Greater than those of earlier ones.
        owner: Whose it is.
        url: Where to.
        events: Types of the events it wants; empty for all.
        secret: What they are signed with: ``whsec_`` and base64, as Standard Webhooks has it.
        created_at: When it was made.
        enabled: Whether anything is sent.
        disabled_reason: Why not, where nobody asked for that.
        previous_secret: What they are signed with as well, after a rotation …
        previous_until: … until then.
        failing_since: When a delivery failed without any success since; None while it works.
        rests_until: Until when nothing is sent since it did not answer.
    """

    id: str
    owner: str
    url: str
    events: tuple[str, ...] = ()
    secret: str = field(repr=False)
    created_at: datetime
    enabled: bool = True
    disabled_reason: str = ""
    previous_secret: str | None = field(default=None, repr=False)
    previous_until: datetime | None = None
    failing_since: datetime | None = None
    rests_until: datetime | None = None

    @property
    def about(self) -> str:
        """No video: it stays when they go."""
        return ""

    @property
    def due_at(self) -> datetime | None:
        """Never."""
        return None

    def wants(self, event_type: str) -> bool:
        """Tells whether events of a type are sent to it."""
        return self.enabled and (not self.events or event_type in self.events)

    def signing_secrets(self, now: datetime) -> tuple[str, ...]:
        """Returns what is signed with, the newest first."""
        if self.previous_secret is not None and self.previous_until is not None and now < self.previous_until:
            return (self.secret, self.previous_secret)
        return (self.secret,)

    def rotated(self, now: datetime) -> Webhook:
        """Returns it with a new secret."""
        return replace(self, secret=new_secret(), previous_secret=self.secret, previous_until=now + _ROTATION)

    def switched(self, *, on: bool) -> Webhook:
        """Returns it enabled, with its failures forgotten, or disabled."""
        return replace(self, enabled=on, disabled_reason="", failing_since=None, rests_until=None)

    def after(self, attempt: DeliveryAttempt) -> Webhook:
        """Returns it as an attempt leaves it; most leave it as it is."""
        if attempt.succeeded:
            return replace(self, failing_since=None, rests_until=None)
        since = self.failing_since or attempt.at
        rests_until = attempt.at + _REST if attempt.status is None else self.rests_until
        failing = replace(self, failing_since=since, rests_until=rests_until)
        if attempt.status == 410:
            return replace(failing, enabled=False, disabled_reason="The receiver said that it is gone (410).")
        if attempt.at - since > _FAILS_AT_MOST:
            reason = f"Every delivery has failed for {_FAILS_AT_MOST.days} days; the last one: {attempt.error}"
            return replace(failing, enabled=False, disabled_reason=reason)
        return failing


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One request to a receiver.

    Attributes:
        at: When it was over.
        status: HTTP status of the answer; None without one.
        error: What went wrong; empty when it was taken.
        took_s: Seconds it took.
        retry_after_s: Seconds that the receiver asked to be left alone.
    """

    at: datetime
    status: int | None
    error: str = ""
    took_s: float
    retry_after_s: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it."""
        return not self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One event for one webhook, and what became of it.

    Attributes:
        id: The same for every copy of the event; greater than those of the webhook's earlier events.
        owner: Whose it is.
        about: The video that it goes with; empty when it is about none, or tells that one is gone.
        webhook_id: Where it goes.
        event_id: The event's id, which it is sent under however often.
        event_type: What happened.
        body: What is sent, as JSON text; empty once nobody must know it any more.
        created_at: When it happened.
        state: Whether it is still tried, was taken, or was given up.
        attempts: What was tried, oldest first; of many, the last.
        failures: Attempts that failed since it was last begun.
        due_at: When somebody has to look at it: to try it, or to remove it.
    """

    id: str
    owner: str
    about: str
    webhook_id: str
    event_id: str
    event_type: str
    body: str
    created_at: datetime
    state: DeliveryState = "pending"
    attempts: tuple[DeliveryAttempt, ...] = ()
    failures: int = 0
    due_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Tells whether somebody has to look at it."""
        return self.due_at is not None and self.due_at <= now

    def claimed(self, now: datetime) -> WebhookDelivery:
        """Returns it taken by somebody who tries it now; nobody else does until it is due again."""
        return replace(self, due_at=now + _CLAIM)

    def postponed(self, until: datetime) -> WebhookDelivery:
        """Returns it put off."""
        return replace(self, due_at=until)

    def begun_anew(self, now: datetime) -> WebhookDelivery:
        """Returns it due, with all its attempts before it."""
        return replace(self, state="pending", failures=0, due_at=now)

    def after(self, attempt: DeliveryAttempt, chance: float) -> WebhookDelivery:
        """Returns it as an attempt leaves it: delivered, due again, or given up.

        Args:
            attempt: The attempt.
            chance: 0..1; spreads what failed together.
        """
        attempts = (*self.attempts, replace(attempt, error=attempt.error[:_MAX_ERROR_CHARS]))[
            -_MOST_ATTEMPTS_SHOWN:
        ]
        tried = replace(self, attempts=attempts)
        if attempt.succeeded:
            return replace(tried, state="delivered", due_at=attempt.at + _LOG_KEPT)
        if self.failures == len(RETRY_DELAYS_S):
            return replace(tried, state="failed", failures=self.failures + 1, due_at=attempt.at + _LOG_KEPT)
        asked_s = min(attempt.retry_after_s or 0.0, _MAX_RETRY_AFTER_S)
        delay_s = max(RETRY_DELAYS_S[self.failures] * (1 + chance / 10), asked_s)
        return replace(tried, failures=self.failures + 1, due_at=attempt.at + timedelta(seconds=delay_s))

    def given_up(self, reason: str, now: datetime) -> WebhookDelivery:
        """Returns it failed without another attempt."""
        noted = DeliveryAttempt(at=now, status=None, error=reason, took_s=0.0)
        return replace(self, state="failed", attempts=(*self.attempts, noted), due_at=now + _LOG_KEPT)

    def without_content(self) -> WebhookDelivery:
        """Returns it without what it tells."""
        return replace(self, body="")


def event_delivery(webhook: Webhook, event: VideoEvent, *, outlives: bool) -> WebhookDelivery:
    """Returns what is sent to a webhook for an event, which is the same for every copy of the event.

    Args:
        webhook: The webhook.
        event: The event.
        outlives: Whether it stays when everything about the video goes.
    """
    about = "" if outlives else event.video_id
    return _delivery(webhook, event.event_id, event.type, event.occurred_at, encode(event), about)


def sample_delivery(webhook: Webhook, now: datetime) -> WebhookDelivery:
    """Returns what is sent to a webhook for somebody to see that it arrives."""
    event_id = f"{TEST_EVENT}-{secrets.token_hex(8)}"
    return _delivery(webhook, event_id, TEST_EVENT, now, {"webhook_id": webhook.id}, "")


def delivery_ids(webhook_id: str) -> tuple[str, str]:
    """Returns what the ids of all deliveries to a webhook begin with, and an id greater than all of them."""
    return f"{webhook_id}.", f"{webhook_id}.~"


def new_webhook_id(now: datetime) -> str:
    """Returns an id that is greater than those given out before."""
    return f"wh_{_milliseconds(now):012x}{secrets.token_hex(5)}"


def new_secret() -> str:
    """Returns something to sign with."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _delivery(
    webhook: Webhook, event_id: str, event_type: str, at: datetime, data: object, about: str
) -> WebhookDelivery:
    beginning, _ = delivery_ids(webhook.id)
    digest = hashlib.sha256(event_id.encode()).hexdigest()[:16]
    content = {"type": event_type, "timestamp": at, "data": data}
    return WebhookDelivery(
        id=f"{beginning}{_milliseconds(at):012x}-{digest}",
        owner=webhook.owner,
        about=about,
        webhook_id=webhook.id,
        event_id=event_id,
        event_type=event_type,
        body=json.dumps(encode(content)),
        created_at=at,
        due_at=at,
    )


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
