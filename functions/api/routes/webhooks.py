"""Webhooks: where an owner's events are sent, and what receivers verify them with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from shared.domain.errors import NotFound, PermanentError
from shared.domain.webhooks import MAX_WEBHOOKS, Webhook, new_secret, new_webhook_id
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.ports.web_client import WebClient

__all__ = ["found_webhook", "webhook_routes"]

_UNKNOWN: Final = "There is no such webhook."

Url = Annotated[
    str, Meta(min_length=1, max_length=2000, description="Where events are posted; http or https, and public.")
]
Events = Annotated[
    tuple[str, ...], Meta(max_length=50, description="Types of the events that are sent; empty for all.")
]
Enabled = Annotated[bool, Meta(description="Whether anything is sent; true forgets its failures.")]


class NewWebhook(Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to make."""

    url: Url
    events: Events = ()


class WebhookChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change about a webhook; what is left out stays."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    enabled: Enabled | UnsetType = UNSET


class WebhookView(Struct, frozen=True):
    """A webhook. ``failing_since`` says that no delivery succeeded since then; after five days it is disabled."""

    id: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    disabled_reason: str
    failing_since: datetime | None
    created_at: datetime


class WebhookWithSecret(WebhookView, frozen=True):
    """A webhook with the secret that receivers verify with, which is shown now and never again."""

    secret: str
    previous_secret_until: datetime | None


class WebhookList(Struct, frozen=True):
    """All webhooks, newest first."""

    webhooks: tuple[WebhookView, ...]
    next_cursor: str | None = None


def webhook_routes(web: WebClient, clock: Clock, event_types: Sequence[str]) -> Routes:
    """Returns the routes of webhooks.

    Args:
        web: What tells which URLs can't be used.
        clock: The time.
        event_types: Types of the events that there are.
    """
    routes = Routes("webhooks")

    @routes.add("GET", "/v1/webhooks", allow="admin", answers={200: WebhookList})
    def list_webhooks(call: Call[Nothing, Nothing]) -> Answer:
        """Lists all webhooks, newest first."""
        webhooks = call.documents.all(Webhook, limit=MAX_WEBHOOKS)
        return Answer(value=WebhookList(webhooks=tuple(_view(webhook) for webhook in webhooks)))

    @routes.add("POST", "/v1/webhooks", allow="admin", body=NewWebhook, answers={201: WebhookWithSecret})
    def create_webhook(call: Call[Nothing, NewWebhook]) -> Answer:
        """Makes a webhook and shows its secret, once.

        Every event is posted as `{type, timestamp, data}`, where `data` is the event as it is announced on its
        topic, or empty but for an id in a `test`. Any 2xx within 15 seconds takes it; anything else has it sent
        again for a day, later and later, or after the `Retry-After` of the answer; 410 disables the webhook.
        Redirects are not followed. An event may come more than once and out of order, always under its
        `webhook-id`: handle an id once. Requests are signed as [Standard Webhooks](https://www.standardwebhooks.com)
        says; with `pip install standardwebhooks`, a receiver that verifies them is

        ```python
        import os
        from http.server import BaseHTTPRequestHandler, HTTPServer

        from standardwebhooks import Webhook, WebhookVerificationError


        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    event = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, dict(self.headers))
                    print(self.headers["webhook-id"], event["type"], event["data"], flush=True)
                    self.send_response(204)
                except WebhookVerificationError:
                    self.send_response(401)
                self.end_headers()


        HTTPServer(("", 9300), Receiver).serve_forever()
        ```
        """
        _check(web, call.body.url, call.body.events, event_types)
        if len(call.documents.all(Webhook, limit=MAX_WEBHOOKS)) == MAX_WEBHOOKS:
            raise Refusal(409, "too_many_webhooks", f"There are {MAX_WEBHOOKS} webhooks; delete one first.")
        now = clock.now()
        webhook = Webhook(
            id=new_webhook_id(now),
            owner=call.principal.owner,
            url=call.body.url,
            events=call.body.events,
            secret=new_secret(),
            created_at=now,
        )
        created: Edit[Webhook, None] = Edit(answer=None, document=webhook)
        call.documents.update(Webhook, webhook.id, lambda _none: created)
        return Answer(value=_view_with_secret(webhook), status=201)

    @routes.add("GET", "/v1/webhooks/<webhook_id>", allow="admin", answers={200: WebhookView})
    def show_webhook(call: Call[Nothing, Nothing]) -> Answer:
        """Shows a webhook."""
        return Answer(value=_view(found_webhook(call)))

    @routes.add(
        "PATCH", "/v1/webhooks/<webhook_id>", allow="admin", body=WebhookChanges, answers={200: WebhookView}
    )
    def change_webhook(call: Call[Nothing, WebhookChanges]) -> Answer:
        """Changes a webhook."""
        changes = {name: value for name, value in structs.asdict(call.body).items() if value is not UNSET}
        _check(web, changes.get("url"), changes.get("events", ()), event_types)
        return Answer(value=_view(_edited(call, lambda webhook: _changed(webhook, **changes))))

    @routes.add("DELETE", "/v1/webhooks/<webhook_id>", allow="admin", answers={204: None})
    def delete_webhook(call: Call[Nothing, Nothing]) -> Answer:
        """Removes a webhook; what was still to be sent to it is not."""
        call.documents.delete(Webhook, found_webhook(call).id)
        return Answer(value=None, status=204)

    @routes.add("POST", "/v1/webhooks/<webhook_id>/rotate", allow="admin", answers={200: WebhookWithSecret})
    def rotate_secret(call: Call[Nothing, Nothing]) -> Answer:
        """Makes a new secret and shows it, once. For a day, the previous one signs as well."""
        now = clock.now()
        return Answer(value=_view_with_secret(_edited(call, lambda webhook: webhook.rotated(now))))

    return routes


def found_webhook(call: Call[Any, Any]) -> Webhook:
    """Returns the webhook that the path of a call names. Raises NotFound."""
    webhook = call.documents.get(Webhook, call.path["webhook_id"])
    if webhook is None:
        raise NotFound(_UNKNOWN)
    return webhook


def _edited(call: Call[Any, Any], change: Callable[[Webhook], Webhook]) -> Webhook:
    def decide(stored: Webhook | None) -> Edit[Webhook, Webhook]:
        if stored is None:
            raise NotFound(_UNKNOWN)
        changed = change(stored)
        return Edit(answer=changed, document=changed)

    return call.documents.update(Webhook, call.path["webhook_id"], decide)


def _changed(webhook: Webhook, *, enabled: bool | None = None, **changes: Any) -> Webhook:
    changed = replace(webhook, **changes)
    return changed if enabled is None else changed.switched(on=enabled)


def _check(web: WebClient, url: str | None, events: Sequence[str], event_types: Sequence[str]) -> None:
    if unknown := set(events) - set(event_types):
        known = f"There is no event {', '.join(sorted(unknown))}; there are {', '.join(event_types)}."
        raise Refusal(422, "invalid_parameters", known, field="events")
    try:
        if url is not None:
            web.check(url)
    except PermanentError as error:
        raise Refusal(422, error.code, error.detail, field="url") from error


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView(**_shown(webhook))


def _view_with_secret(webhook: Webhook) -> WebhookWithSecret:
    shown = _shown(webhook)
    return WebhookWithSecret(**shown, secret=webhook.secret, previous_secret_until=webhook.previous_until)


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in WebhookView.__struct_fields__}
