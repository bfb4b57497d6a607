"""A function's HTTP side: deliveries come as POST requests, in the four shapes that Google Cloud sends them in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from cloudevents.exceptions import GenericException
from cloudevents.http import from_http
from flask import Request, Response

from shared.domain.errors import PermanentError, TransientError
from shared.domain.wire import PUBSUB_PUBLISHED, Delivery

__all__ = ["DeliveryGuard", "Endpoint", "Handler", "read_delivery"]


_MESSAGE_ID = "x-goog-pubsub-message-id"
"""Header of a bare push whose subscription writes metadata; one that does not can't be told apart, or acted on."""


Handler = Callable[[Delivery], None]
"""What a function does with a delivery; returning acknowledges it."""

DeliveryGuard = Callable[[Request], None]
"""Raises werkzeug.exceptions.Unauthorized for a request that did not come from where deliveries come from."""


class Endpoint:
    """Answers deliveries: 204 acknowledges, anything else has it delivered again and, in the end, dead-lettered.

    Args:
        handle: The function's work.
        guard: Looks at every request first; None lets all in.
    """

    def __init__(self, handle: Handler, guard: DeliveryGuard | None = None) -> None:
        self.handle = handle
        self._guard = guard

    def answer(self, request: Request) -> Response:
        """Handles one request. Whatever is not foreseen here is raised, and answered with 500 by the framework."""
        if self._guard is not None:
            self._guard(request)
        if request.method != "POST":
            return Response("Deliveries are POST requests.", status=405, headers={"Allow": "POST"})
        try:
            self.handle(read_delivery(request))
        except PermanentError as error:
            return Response(str(error), status=400, mimetype="text/plain")
        except TransientError as error:
            headers = {"Retry-After": str(round(error.retry_after_s))} if error.retry_after_s else {}
            return Response(str(error), status=503, mimetype="text/plain", headers=headers)
        return Response(status=204)


def read_delivery(request: Request) -> Delivery:
    """Returns what a request delivers.

    The shapes are CloudEvents, binary and structured, and Pub/Sub pushes, wrapped in JSON and bare with their
    attributes as headers.

    Raises:
        PermanentError: ``bad_event``: it is none of them.
    """
    try:
        event = from_http(dict(request.headers), request.get_data())
    except (GenericException, ValueError):
        return _push(request)
    return Delivery(id=event["id"], source=event["source"], type=event["type"], data=event.get_data())


def _push(request: Request) -> Delivery:
    body, headers = request.get_data(), request.headers
    if _MESSAGE_ID in headers:
        # Of the attributes, only eventType is needed: our own events repeat theirs inside. Servers drop headers
        # whose names have an underscore.
        attributes = {name: headers[name] for name in ("eventType",) if name in headers}
        message = {
            "data": base64.b64encode(body).decode(),
            "attributes": attributes,
            "messageId": headers[_MESSAGE_ID],
        }
        return _pushed(message, headers.get("x-goog-pubsub-subscription-name", ""))
    try:
        push = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PermanentError(
            "bad_event", f"A request is neither a CloudEvent nor a Pub/Sub push: {error}"
        ) from error
    if not isinstance(push, Mapping) or not isinstance(push.get("message"), Mapping):
        raise PermanentError("bad_event", "A request is no CloudEvent and no Pub/Sub push.")
    return _pushed(push["message"], str(push.get("subscription", "")))


def _pushed(message: Mapping[str, Any], subscription: str) -> Delivery:
    return Delivery(
        id=str(message.get("messageId", "")),
        source=f"//pubsub.googleapis.com/{subscription}",
        type=PUBSUB_PUBLISHED,
        data={"message": message},
    )
