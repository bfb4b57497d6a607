"""How answers are written: JSON, compressed for those who like it, with an ETag to ask again by."""

from __future__ import annotations

import gzip
import hashlib
import json
from fractions import Fraction
from typing import Final

import msgspec
from werkzeug.wrappers import Request, Response

from functions.api.field_choice import FieldChoice, picked
from functions.api.operation import Answer
from shared.domain.errors import PreconditionFailed

__all__ = ["as_sent", "encoded", "rendered"]

_WORTH_COMPRESSING_BYTES: Final = 1024
_LEVEL: Final = 5
"""Most of what there is to save, for a third of the time that the last of it takes."""

_COMPRESSIBLE: Final = (
    "application/json",
    "application/vnd.oai",
    "application/javascript",
    "text/",
    "image/svg",
    "application/vnd.apple.mpegurl",  # this and the next name a signed URL once a segment
    "application/dash+xml",
)


def rendered(answer: Answer, choice: FieldChoice | None = None) -> Response:
    """Returns the response that carries an answer.

    Args:
        answer: The answer.
        choice: What is wanted of it; None for all.
    """
    body = b"" if answer.value is None else encoded(answer.value, choice)
    response = Response(body, status=answer.status, mimetype="application/json" if body else None)
    response.headers.extend(answer.headers)
    return response


def as_sent(response: Response, request: Request, revision: str = "") -> Response:
    """Returns a response as this client gets it: not at all if it has that already, or compressed.

    Args:
        response: An answer to a GET or HEAD, or one with a revision, gets an ETag if it has none.
        request: What is answered.
        revision: What the ETag begins with; see Answer.

    Raises:
        PreconditionFailed: The client wanted it only as it was.
    """
    if response.status_code != 200 or response.is_streamed or response.direct_passthrough:
        return response
    compress = _is_compressed(response, request)
    # Set as they are: what every request goes through is not to be taken apart and put together again.
    if (revision or request.method in {"GET", "HEAD"}) and "ETag" not in response.headers:
        digest = hashlib.sha256(response.get_data()).hexdigest()[:32]
        response.headers["ETag"] = f'"{revision}.{digest}"' if revision else f'"{digest}"'
        response.headers["Cache-Control"] = "private, no-cache"
    if compress and "ETag" in response.headers:
        # Other bytes, so another strong ETag.
        response.headers["ETag"] = f'{response.headers["ETag"][:-1]}.gzip"'
    if "If-None-Match" in request.headers or "If-Match" in request.headers:
        response.make_conditional(request)
        if response.status_code == 412:
            raise PreconditionFailed("This has changed; ask for it again without If-Match.")
    if compress and response.status_code == 200:
        response.set_data(gzip.compress(response.get_data(), _LEVEL, mtime=0))
        response.content_encoding = "gzip"
    return response


def encoded(value: object, choice: FieldChoice | None = None) -> bytes:
    """Returns a value as JSON.

    Args:
        value: The value.
        choice: What is wanted of it; None for all.
    """
    try:
        if choice is None:
            return msgspec.json.encode(value, enc_hook=_as_text)
        return msgspec.json.encode(picked(_built(value), choice))
    except UnicodeEncodeError:
        # Lone surrogates, which stand for bytes in names and texts that are no UTF-8, are escaped.
        whole = _built(value)
        return json.dumps(whole if choice is None else picked(whole, choice), allow_nan=False).encode()


def _built(value: object) -> object:
    return msgspec.to_builtins(value, enc_hook=_as_text)


def _is_compressed(response: Response, request: Request) -> bool:
    if not (response.mimetype or "").startswith(_COMPRESSIBLE) or "Content-Encoding" in response.headers:
        return False
    if len(response.get_data()) <= _WORTH_COMPRESSING_BYTES:
        return False
    response.vary.add("Accept-Encoding")
    if not request.headers.get("Accept-Encoding"):
        return False
    liked = request.accept_encodings
    return liked.quality("gzip") > 0 and liked.quality("gzip") >= liked.quality("identity")


def _as_text(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise NotImplementedError(f"a {type(value).__name__} can't be sent")
