"""A webhook's receiver as its owner would write it: a real server that verifies what it gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from shared.testing.loopback import LoopbackServer

__all__ = ["Got", "Receiver"]


@dataclass(frozen=True, kw_only=True)
class Got:
    """A request that a receiver verified."""

    id: str
    content: Any
    headers: dict[str, str]
    body: bytes

    def verified_by(self, secret: str) -> bool:
        """Tells whether a secret signed it."""
        try:
            Verifier(secret).verify(self.body, self.headers)
        except WebhookVerificationError:
            return False
        return True


class Receiver(LoopbackServer):
    """Answers 204 to what it can verify, unless it is told to misbehave.

    Attributes:
        secret: What it verifies with; None takes anything.
        got: What it was sent, oldest first.
        misbehave: Called with the handler and what was sent, before the answer; True when it answered by itself.
        released: Ends every silence.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.secret: str | None = None
        self.got: list[Got] = []
        self.misbehave: Callable[[BaseHTTPRequestHandler, Got], bool] = lambda _handler, _got: False
        self.released = threading.Event()

    @property
    def hook(self) -> str:
        """Where events are to be sent."""
        return f"{self.url}/hook"

    def ids(self) -> list[str]:
        """Returns the ids of what was sent."""
        return [got.id for got in self.got]

    def stop(self) -> None:
        """Ends it, also while it is silent."""
        self.released.set()
        super().stop()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = dict(self.headers.items())
        secret = self.server.secret
        content = None if secret is None else Verifier(secret).verify(body, headers)
        got = Got(id=self.headers["webhook-id"], content=content, headers=headers, body=body)
        self.server.got.append(got)
        if not self.server.misbehave(self, got):
            self.send_response(204)
            self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass
