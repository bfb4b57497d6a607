"""One HTTP exchange with one address, every step of it within one deadline."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import Any, Final

from shared.adapters.web.target import Target
from shared.domain.errors import TransientError

__all__ = ["Deadline", "Reply", "exchange"]

_SILENCE_S: Final = 15.0
"""The longest that a server may say nothing."""


class Deadline:
    """When something has to be done.

    Args:
        timeout_s: Seconds from now.
    """

    def __init__(self, timeout_s: float) -> None:
        self._at_s = monotonic() + timeout_s

    @property
    def left_s(self) -> float:
        """Seconds that are left. Raises TransientError ``answer_too_slow`` when none are."""
        left_s = self._at_s - monotonic()
        if left_s <= 0:
            raise TransientError("answer_too_slow", "The answer was not there in time.")
        return left_s


class Reply:
    """What comes back, read as it is needed.

    Args:
        response: The response.
        host: Who sends it.

    Attributes:
        status: HTTP status.
        headers: Its headers; names in lower case.
        length: Bytes that its body should have; None when that is open.
    """

    def __init__(self, response: HTTPResponse, host: str) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.length = response.length
        self._response = response
        self._host = host

    def read(self, most_bytes: int) -> bytes:
        """Returns the next bytes of the body; none at its end. Raises as exchange() does."""
        with _translated(self._host):
            return self._response.read(most_bytes)


@contextmanager
def exchange(
    target: Target,
    addresses: Sequence[str],
    tls: ssl.SSLContext | None,
    deadline: Deadline,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> Iterator[Reply]:
    """Sends a request and gives the reply, which can be read inside the block.

    Args:
        target: What is asked for.
        addresses: Where; the first that takes the connection gets it.
        tls: What encrypts and verifies; None sends in the clear.
        deadline: When all has to be over, reading the reply as well.
        method: HTTP method.
        headers: Headers beside Host.
        body: What is sent.

    Raises:
        TransientError: ``no_answer`` or ``answer_too_slow``.
    """
    with _translated(target.host):
        plain = _connected(addresses, target.port, deadline)
    with closing(plain):
        with _translated(target.host):
            plain.settimeout(deadline.left_s)
            stream = plain if tls is None else tls.wrap_socket(plain, server_hostname=target.host)
        with closing(stream):
            with _translated(target.host):
                connection = HTTPConnection(target.host, target.port)
                connection.sock = _TimedSocket(stream, deadline)
                every = {"Host": target.authority, "Connection": "close", **headers}
                connection.request(method, target.path, body=body, headers=every)
                response = connection.getresponse()
            with closing(response):
                yield Reply(response, target.host)


@contextmanager
def _translated(host: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise TransientError("answer_too_slow", f"{host} did not answer in time.") from error
    except (OSError, HTTPException, ValueError) as error:  # http.client lets some for bad lengths of chunks pass
        raise TransientError("no_answer", f"{host} gave no answer: {error or type(error).__name__}.") from error


def _connected(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    *others, last = addresses
    for address in others:
        try:
            return socket.create_connection((address, port), deadline.left_s / 2)
        except OSError:
            continue  # the next one may work; what the last one says is told
    return socket.create_connection((last, port), deadline.left_s)


class _TimedSocket:
    """What http.client needs of a socket, each step within what is left until the deadline."""

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._inner.settimeout(self._deadline.left_s)
        self._inner.sendall(data)

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(_TimedReader(self._inner, self._deadline))

    def close(self) -> None:
        """Does nothing: http.client closes a connection while its reply is still to be read."""


class _TimedReader(RawIOBase):
    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._inner = inner
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._inner.settimeout(min(_SILENCE_S, self._deadline.left_s))
        return self._inner.recv_into(buffer)
