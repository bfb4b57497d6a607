"""From a URL to the address that a connection may go to."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from shared.adapters.web.addresses import is_inward_name, is_loopback, is_public, literal_address
from shared.domain.errors import PermanentError, TransientError

__all__ = ["MAX_URL_CHARS", "Guard", "Resolve", "Target", "resolve"]

MAX_URL_CHARS: Final = 2000

_PORTS: Final = {"http": 80, "https": 443}
_FIRST_FREE_PORT: Final = 1024
"""Lower ports, but for HTTP's own two, are other protocols', some of which could be made to do as HTTP says."""

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a name for a port; raises OSError when there are none."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Asks the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a URL asks for.

    Attributes:
        secure: Whether it is https.
        host: The host's name or address.
        port: The port.
        path: Path and query, as they are sent.
    """

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


class Guard:
    """Lets URLs pass that lead out.

    Args:
        ask: What finds out addresses.
        loopback: Whether this machine's loopback counts as public.
    """

    def __init__(self, ask: Resolve, *, loopback: bool) -> None:
        self._ask = ask
        self._loopback = loopback

    def target(self, url: str) -> Target:
        """Returns what a URL asks for. Raises PermanentError ``url_refused`` for one that is plainly inward."""
        target = _split(url)
        literal = literal_address(target.host)
        if literal is None:
            inward = is_inward_name(target.host) and not self._loopback
        else:
            inward = not self._allowed(str(literal))
        if inward:
            raise _refusal(f"{target.host} is not on the public internet")
        if target.port not in _PORTS.values() and target.port < _FIRST_FREE_PORT:
            raise _refusal(f"port {target.port} is not one of 80, 443 and those from {_FIRST_FREE_PORT}")
        return target

    def addresses(self, target: Target, timeout_s: float) -> Sequence[str]:
        """Returns the addresses of a target, all of which are public.

        Raises:
            PermanentError: ``url_refused``: one of them is not. A name that has some of both kinds is made for
                slipping through.
            TransientError: It has none now, or nobody says so in time.
        """
        found = _in_time(lambda: self._ask(target.host, target.port), target.host, timeout_s)
        for address in found:
            if not self._allowed(address):
                raise _refusal(f"{target.host} leads to an address that is not on the public internet")
        return found

    def _allowed(self, address: str) -> bool:
        return is_public(address) or (self._loopback and is_loopback(address))


def _split(url: str) -> Target:
    if len(url) > MAX_URL_CHARS or not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise _refusal(f"it must have at most {MAX_URL_CHARS} characters, all of them ASCII and visible")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refusal("it is malformed") from error
    if parts.scheme not in _PORTS or not parts.hostname or "\\" in parts.netloc or "%" in parts.netloc:
        raise _refusal("it must begin with http:// or https:// and a host")
    if "@" in parts.netloc:
        raise _refusal("it must not hold a user or a password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(
        secure=parts.scheme == "https",
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        path=path,
    )


def _in_time(ask: Callable[[], Sequence[str]], host: str, timeout_s: float) -> Sequence[str]:
    """Asks from a thread, which is left behind when it takes too long: the system's resolver has no time limit."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def asking() -> None:
        try:
            answers.put(ask())
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=asking, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_s, 0.0))
    except queue.Empty as error:
        raise TransientError("answer_too_slow", f"The address of {host} was not found in time.") from error
    if isinstance(answer, Exception) or not answer:
        raise TransientError("no_answer", f"The address of {host} can't be found: {answer or 'there is none'}.")
    return answer


def _refusal(reason: str) -> PermanentError:
    return PermanentError("url_refused", f"This URL can't be used: {reason}. Name a public one.")
