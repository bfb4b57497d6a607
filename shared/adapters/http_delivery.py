"""A function's HTTP side: deliveries come as POST requests, in the shapes that Google Cloud sends them in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from shared.domain.errors import PermanentError, TransientError
from shared.domain.wire import PUBSUB_PUBLISHED, Delivery
from shared.interruption import check_not_ending
from shared.logs import logger

__all__ = ["ALIVE_PATH", "MAX_BODY_BYTES", "DeliveryGuard", "Endpoint", "Handler", "log_failure", "read_delivery"]

MAX_BODY_BYTES: Final = 2**20
"""Eventarc's events have at most 512 KiB, our own are far smaller."""

ALIVE_PATH: Final = "/alive"
"""Where the platform asks whether a function is built and answers. Paths that end with z are Cloud Run's own."""

_CLOUD_EVENT: Final = "application/cloudevents"
"""How the media type of structured CloudEvents begins, and that of batches."""

_MESSAGE_ID: Final = "x-goog-pubsub-message-id"
"""Header of a bare push whose subscription writes metadata; one that does not can't be told apart, or acted on."""


Handler = Callable[[Delivery], None]
"""What a function does with a delivery; returning acknowledges it."""

DeliveryGuard = Callable[[Request], None]
"""Raises werkzeug.exceptions.Unauthorized for a request that did not come from where deliveries come from, and
TransientError when that can't be told now."""


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
        """Handles one request."""
        if (request.method, request.path) == ("GET", ALIVE_PATH):
            return Response("ok", mimetype="text/plain")
        try:
            check_not_ending()
            if self._guard is not None:
                self._guard(request)
            if request.method != "POST":
                return Response("Deliveries are POST requests.", status=405, headers={"Allow": "POST"})
            self.handle(read_delivery(request))
        except HTTPException:
            raise
        except Exception as error:
            log_failure(error)
            return _refusal(error)
        return Response(status=204)


def log_failure(error: Exception) -> None:
    """Writes the one line that says why a delivery was not handled: of what nobody foresaw, with its traceback."""
    match error:
        case PermanentError():
            logger().error("delivery_refused", code=error.code, detail=error.detail)
        case TransientError():
            logger().warning("delivery_put_off", code=error.code, detail=error.detail)
        case _:
            logger().error("delivery_failed", exc_info=error)


def _refusal(error: Exception) -> Response:
    match error:
        case PermanentError():
            return Response(str(error), status=400, mimetype="text/plain")
        case TransientError():
            headers = {"Retry-After": str(round(error.retry_after_s))} if error.retry_after_s else {}
            return Response(str(error), status=503, mimetype="text/plain", headers=headers)
        case _:
            return Response("This could not be handled; the log tells why.", status=500, mimetype="text/plain")


def read_delivery(request: Request) -> Delivery:
    """Returns what a request delivers.

    The shapes are CloudEvents, binary and structured, and Pub/Sub pushes, wrapped in JSON and bare with their
    attributes as headers.

    Raises:
        PermanentError: ``bad_event``: it is none of them.
        RequestEntityTooLarge: It declares more than MAX_BODY_BYTES; what declares nothing is cut off there.
    """
    request.max_content_length = MAX_BODY_BYTES
    body, headers = request.get_data(), request.headers
    if request.mimetype.startswith(_CLOUD_EVENT):
        event = _object(body)
        return _cloud_event(event, event.get("data"))
    if "ce-specversion" in headers:
        context = {name: headers.get(f"ce-{name}") for name in ("specversion", "id", "source", "type")}
        return _cloud_event(context, _object(body))
    if _MESSAGE_ID in headers:
        return _bare_push(body, headers)
    return _wrapped_push(_object(body))


def _cloud_event(context: Mapping[str, Any], data: object) -> Delivery:
    if context.get("specversion") != "1.0":
        raise PermanentError("bad_event", f"CloudEvents {context.get('specversion')!r} are not understood here.")
    identity = [context.get(name) for name in ("id", "source", "type")]
    if not all(isinstance(value, str) and value for value in identity):
        raise PermanentError("bad_event", "A CloudEvent needs an id, a source and a type.")
    return Delivery(id=str(identity[0]), source=str(identity[1]), type=str(identity[2]), data=data)


def _bare_push(body: bytes, headers: Headers) -> Delivery:
    # Of the attributes, only eventType is needed: our own events repeat theirs inside. Servers drop headers whose
    # names have an underscore.
    attributes = {"eventType": headers["eventType"]} if "eventType" in headers else {}
    data = base64.b64encode(body).decode()
    message = {"data": data, "attributes": attributes, "messageId": headers[_MESSAGE_ID]}
    return _push(message, headers.get("x-goog-pubsub-subscription-name"))


def _wrapped_push(push: Mapping[str, Any]) -> Delivery:
    message = push.get("message")
    if not isinstance(message, Mapping):
        raise PermanentError("bad_event", "A request is no CloudEvent and no Pub/Sub push.")
    return _push(message, push.get("subscription"))


def _push(message: Mapping[str, Any], subscription: object) -> Delivery:
    return Delivery(
        id=str(message.get("messageId", "")),
        source=f"//pubsub.googleapis.com/{subscription or ''}",
        type=PUBSUB_PUBLISHED,
        data={"message": message},
    )


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:  # RecursionError: lists nested too deep to be read
        raise PermanentError("bad_event", f"The body of a request can't be read as JSON: {error}") from error
    if not isinstance(value, Mapping):
        raise PermanentError("bad_event", "The body of a request is no JSON object. Batches are not taken.")
    return value
