"""A network that breaks connections."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

__all__ = ["CuttingProxy"]

_BLOCK_BYTES = 64 * 1024


class CuttingProxy:
    """Forwards TCP connections to a port of this machine, and cuts as many as it was told to.

    Args:
        port: Where they lead; may be changed meanwhile.
        cuts: Bytes from clients after which a connection is cut, all connections' together, one for each cut.

    Attributes:
        port: Where they lead.
        url: Where it listens.
        made: Cuts that were made.
    """

    def __init__(self, port: int, cuts: Iterable[int]) -> None:
        self.port = port
        self.made = 0
        self._cuts = deque(cuts)
        self._passed_bytes = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as server:
            threading.Thread(target=_pipe, args=(server, client), daemon=True).start()
            while block := client.recv(_BLOCK_BYTES):
                with self._lock:
                    self._passed_bytes += len(block)
                    cut = bool(self._cuts) and self._passed_bytes >= self._cuts[0]
                    if cut:
                        self._cuts.popleft()
                        self.made += 1
                if cut:
                    server.sendall(block[: len(block) // 2])
                    return
                server.sendall(block)


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(_BLOCK_BYTES):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_RDWR)
