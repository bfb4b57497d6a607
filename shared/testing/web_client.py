"""The web without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.errors import PermanentError
from shared.ports.web_client import WebAnswer

__all__ = ["InMemoryWeb", "Sent"]

_INWARD: Final = re.compile(r"https?://(localhost|127\.|10\.|192\.168\.|169\.254\.|\[)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request that was made to send something."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class InMemoryWeb:
    """A WebClient that keeps what is sent, and has the files that a test puts there.

    Attributes:
        sent: What was sent, oldest first.
        files: URL -> content of what can be downloaded; anything else is not found.
        answer: Called with what is sent; its answer, or what it raises, is the receiver's. 204 unless a test says
            otherwise.
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.files: dict[str, bytes] = {}
        self.answer: Callable[[Sent], WebAnswer] = lambda _sent: WebAnswer(status=204)

    def check(self, url: str) -> None:
        if not url.startswith(("http://", "https://")) or _INWARD.match(url):
            raise PermanentError("url_refused", "This URL can't be used. Name a public one.")

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> WebAnswer:
        del timeout_s
        self.check(url)
        self.sent.append(Sent(url=url, body=body, headers=dict(headers)))
        return self.answer(self.sent[-1])

    def download(
        self, url: str, take: Callable[[bytes], object], *, max_bytes: int, timeout_s: float
    ) -> WebAnswer:
        del timeout_s
        self.check(url)
        if url not in self.files:
            return WebAnswer(status=404)
        if len(self.files[url]) > max_bytes:
            raise PermanentError("too_large", "The file is too large. Export it smaller.")
        take(self.files[url])
        return WebAnswer(status=200)
