"""The WebClient of every deployment, on nothing but the standard library.

A name is resolved once for each request; every address that it has must be public, and the connection goes to one
of just these, while TLS and the Host header still name the host. So it makes no difference where the name leads a
moment later. Proxies that the environment names are not used: they would resolve it once more.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Final
from urllib.parse import urljoin

from shared.adapters.web.exchange import Deadline, Reply, exchange
from shared.adapters.web.target import Guard, Resolve, resolve
from shared.domain.errors import PermanentError, TransientError
from shared.ports.web_client import WebAnswer

__all__ = ["GuardedWebClient"]

_ANSWER_BYTES: Final = 4096
"""How much of the answer to what was sent is read, to be shown in a log."""

_CHUNK_BYTES: Final = 256 * 1024
_MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"User-Agent": "automations-backend", "Accept-Encoding": "identity"}


class GuardedWebClient:
    """A WebClient. Safe to use from several threads.

    Args:
        loopback: Whether this machine's loopback may be reached, for development.
        ask: What resolves names.
        tls: What encrypts and verifies; None trusts whom the system trusts.
    """

    def __init__(
        self, *, loopback: bool = False, ask: Resolve = resolve, tls: ssl.SSLContext | None = None
    ) -> None:
        self._guard = Guard(ask, loopback=loopback)
        self._given_tls = tls

    def check(self, url: str) -> None:
        self._guard.target(url)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> WebAnswer:
        with self._reply(url, Deadline(timeout_s), "POST", headers, body) as reply:
            beginning = reply.read(_ANSWER_BYTES)
            return WebAnswer(status=reply.status, headers=reply.headers, body=beginning)

    def download(
        self, url: str, take: Callable[[bytes], object], *, max_bytes: int, timeout_s: float
    ) -> WebAnswer:
        deadline = Deadline(timeout_s)
        for _ in range(1 + _MOST_REDIRECTS):
            with self._reply(url, deadline, "GET", {"Accept": "*/*"}) as reply:
                onward = reply.headers.get("location")
                if reply.status not in _REDIRECTS or onward is None:
                    if reply.status == 200:
                        _hand_over(reply, take, max_bytes)
                    return WebAnswer(status=reply.status, headers=reply.headers)
                url = _joined(url, onward)
        raise PermanentError(
            "too_many_redirects", f"The URL is redirected more than {_MOST_REDIRECTS} times. Name the final one."
        )

    @contextmanager
    def _reply(
        self, url: str, deadline: Deadline, method: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[Reply]:
        target = self._guard.target(url)
        addresses = self._guard.addresses(target, deadline.left_s)
        tls = self._tls if target.secure else None
        sent = {**_HEADERS, **headers}
        with exchange(target, addresses, tls, deadline, method=method, headers=sent, body=body) as reply:
            yield reply

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()


def _joined(url: str, onward: str) -> str:
    """Returns where a redirect leads; one that is malformed as it is, for the guard to refuse."""
    try:
        return urljoin(url, onward)
    except ValueError:
        return onward


def _hand_over(reply: Reply, take: Callable[[bytes], object], max_bytes: int) -> None:
    """Passes a body on. One that is too large is refused by what it promises, else as soon as it is."""
    promised = reply.length
    got = 0
    while (promised or got) <= max_bytes and (chunk := reply.read(min(_CHUNK_BYTES, max_bytes + 1 - got))):
        got += len(chunk)
        take(chunk)
    if max(got, promised or 0) > max_bytes:
        raise PermanentError(
            "too_large", f"The file is larger than {max_bytes / 2**30:.1f} GiB. Export it smaller."
        )
    if promised is not None and got < promised:
        raise TransientError("no_answer", f"The file broke off after {got} of {promised} bytes.")
