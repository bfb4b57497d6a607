"""How receivers know what we sent, and that it was us: the headers of Standard Webhooks."""

from __future__ import annotations

from datetime import datetime

from standardwebhooks import Webhook as Signatory

from shared.domain.webhooks import Webhook, WebhookDelivery

__all__ = ["signed_headers"]


def signed_headers(webhook: Webhook, delivery: WebhookDelivery, now: datetime) -> dict[str, str]:
    """Returns the headers that a delivery is sent with.

    Args:
        webhook: Whose secrets sign; during a rotation the previous one does too.
        delivery: What is sent; its id is the event's, whenever and however often.
        now: The time, which the signature covers, so that nobody can send it again later.
    """
    secrets = webhook.signing_secrets(now)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Signatory(secret).sign(delivery.event_id, now, delivery.body) for secret in secrets
        ),
    }
