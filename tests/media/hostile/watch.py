"""What must stay untouched: a server that nobody asks, and a file that the kernel says nobody opens."""

from __future__ import annotations

import ctypes
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

__all__ = ["Canary", "OpenWatch"]

_ACCESS, _OPEN = 0x1, 0x20
_NONBLOCK = os.O_NONBLOCK


class Canary:
    """A web server that must never be asked for anything."""

    def __init__(self) -> None:
        requests = self.requests = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                self.send_error(404)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class OpenWatch:
    """Counts how often any process opens or reads a file, as inotify tells it.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._queue = libc.inotify_init1(_NONBLOCK)
        if self._queue < 0 or libc.inotify_add_watch(self._queue, os.fsencode(path), _ACCESS | _OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self.hits = 0

    def read(self) -> int:
        """Returns how many new events there are."""
        try:
            new = len(os.read(self._queue, 65536)) // 16  # a watch of one file has events without names
        except BlockingIOError:
            new = 0
        self.hits += new
        return new

    def close(self) -> None:
        """Stops watching."""
        os.close(self._queue)
