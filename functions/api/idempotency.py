"""Whoever is not sure that a POST arrived may send it again: with its ``Idempotency-Key``, it is done once.

The first answer is kept for a day and sent again. Errors are not: nothing was done, so it can be tried.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from werkzeug.wrappers import Response

from functions.api.dispatch import Layer, Proceed
from functions.api.operation import Answer, Call, Operation
from functions.api.problems import Refusal
from functions.api.rendering import rendered
from shared.domain.idempotent_answer import IdempotentAnswer
from shared.ports.clock import Clock
from shared.ports.document_store import Edit

__all__ = ["KEPT_FOR", "idempotency_layer"]

KEPT_FOR: Final = timedelta(hours=24)

_DONE_WITHIN: Final = timedelta(minutes=2)
"""Longer than any POST takes; whoever did not answer by then died over it."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_layer(clock: Clock) -> Layer:
    """Returns the layer that makes every POST with an ``Idempotency-Key`` happen once.

    Args:
        clock: The time.
    """

    def answer_once(operation: Operation[Any, Any], call: Call[Any, Any], proceed: Proceed) -> Answer | Response:
        key = call.request.headers.get("Idempotency-Key")
        if key is None or not operation.keeps_answers:
            return proceed()
        if not _KEY.fullmatch(key):
            raise Refusal(
                400,
                "bad_idempotency_key",
                "An Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID.",
            )
        begun = _begin(call, key, clock.now())
        if begun.busy_until is None:
            return _again(begun)
        try:
            answer = proceed()
            response = answer if isinstance(answer, Response) else rendered(answer)
        except BaseException:
            call.documents.update(IdempotentAnswer, begun.id, lambda stored: _given_up(stored, begun))
            raise
        answered = _answered(begun, operation, answer, response)
        call.documents.update(IdempotentAnswer, begun.id, lambda stored: _ended(stored, answered))
        return answer

    return answer_once


def _begin(call: Call[Any, Any], key: str, now: datetime) -> IdempotentAnswer:
    """Returns the answer that was given before, or notes that this request is at it.

    Raises:
        Refusal: The key belongs to another request, or somebody else is at it.
    """
    owner = call.principal.owner
    fresh = IdempotentAnswer(
        id=_digest(owner.encode("utf-8", "surrogatepass"), key.encode()),
        owner=owner,
        about=call.path.get("video_id", ""),
        due_at=now + KEPT_FOR,
        fingerprint=_digest(call.request.full_path.encode("utf-8", "surrogatepass"), call.request.get_data()),
        worker=uuid.uuid4().hex,
        busy_until=now + _DONE_WITHIN,
    )

    def decide(stored: IdempotentAnswer | None) -> Edit[IdempotentAnswer, IdempotentAnswer]:
        if stored is None or stored.due_at <= now:
            return Edit(answer=fresh, document=fresh)
        if stored.fingerprint != fresh.fingerprint:
            raise Refusal(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key came with another request before; take a new one for each thing to do.",
            )
        if stored.busy_until is None:
            return Edit(answer=stored)
        if stored.busy_until <= now:
            return Edit(answer=fresh, document=fresh)
        raise Refusal(
            409,
            "still_working",
            "The request with this Idempotency-Key is still being worked on; ask again in a moment.",
            retry_after_s=1.0,
        )

    return call.documents.update(IdempotentAnswer, fresh.id, decide)


def _answered(
    begun: IdempotentAnswer, operation: Operation[Any, Any], answer: Answer | Response, response: Response
) -> IdempotentAnswer:
    made = getattr(answer.value, "video_id", "") if isinstance(answer, Answer) else ""
    return replace(
        begun,
        about=begun.about or made,
        busy_until=None,
        status=response.status_code,
        headers={name: value for name, value in response.headers.items() if name != "Content-Length"},
        body=None if _tells_secret(operation) else response.get_data(as_text=True),
    )


def _again(answered: IdempotentAnswer) -> Response:
    if answered.body is None:
        raise Refusal(
            409,
            "said_once",
            "This was done when the Idempotency-Key came first. The answer held a secret that is kept nowhere: "
            "if it did not arrive, remove what was made and make it anew, with a new key.",
        )
    response = Response(answered.body, status=answered.status)
    response.headers.clear()
    response.headers.extend(answered.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _tells_secret(operation: Operation[Any, Any]) -> bool:
    kinds = [kind for kind in operation.answers.values() if isinstance(kind, type)]
    return any(one.name == "secret" for kind in kinds for one in msgspec.structs.fields(kind))


def _ended(stored: IdempotentAnswer | None, answered: IdempotentAnswer) -> Edit[IdempotentAnswer, None]:
    own = stored is not None and stored.worker == answered.worker
    return Edit(answer=None, document=answered if own else None)


def _given_up(stored: IdempotentAnswer | None, begun: IdempotentAnswer) -> Edit[IdempotentAnswer, None]:
    return Edit(answer=None, delete=stored is not None and stored.worker == begun.worker)


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
