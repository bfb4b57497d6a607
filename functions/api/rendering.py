"""How answers are written: JSON, with an ETag by which a client asks whether there is a newer one."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction

import msgspec
from msgspec import Struct
from werkzeug.wrappers import Request, Response

from functions.api.operation import Answer

__all__ = ["encoded", "rendered"]


def rendered(answer: Answer, request: Request) -> Response:
    """Returns the response that carries an answer; one without a body if the client has the answer already."""
    body = b"" if answer.value is None else encoded(answer.value)
    response = Response(body, status=answer.status, mimetype="application/json" if body else None)
    response.headers.extend(answer.headers)
    if request.method in {"GET", "HEAD"} and answer.status == 200:
        response.set_etag(hashlib.sha256(body).hexdigest()[:32])
        response.cache_control.private = True
        response.cache_control.no_cache = True
        response.make_conditional(request)
    return response


def encoded(value: Struct) -> bytes:
    """Returns a value as JSON."""
    try:
        return msgspec.json.encode(value, enc_hook=_as_text)
    except UnicodeEncodeError:
        # Lone surrogates, which stand for bytes in names and texts that are no UTF-8, are escaped.
        return json.dumps(msgspec.to_builtins(value, enc_hook=_as_text), allow_nan=False).encode()


def _as_text(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise NotImplementedError(f"a {type(value).__name__} can't be sent")
