"""Serves the HTTP API from a thread of this process."""

from __future__ import annotations

import logging
import threading
from contextlib import redirect_stderr
from io import StringIO
from types import TracebackType
from typing import TYPE_CHECKING

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from functions.api.app import create_app
from shared.adapters.folder_links import UPLOADS
from shared.adapters.storage_server import StorageServer
from shared.adapters.upload_server import UploadServer
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["ApiServer"]

LOOPBACK = ("localhost", "127.0.0.1")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, not listened on


class ApiServer:
    """The API and the buckets it links to, on a port of this machine; a context manager.

    Werkzeug's server, with a thread for each connection, is enough for one machine; on Google Cloud,
    functions-framework serves the same application.

    Args:
        wiring: The deployment's parts.
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose one.

    Raises:
        ConfigurationError: ``port_in_use``: it can't listen there.
    """

    def __init__(self, wiring: Bootstrap, host: str, port: int) -> None:
        # Every request is logged by the API itself.
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        api = create_app(wiring, trusted_hosts=_names_of(host))
        storage = StorageServer(wiring.local_blobs, wiring.local_links, wiring.settings.cors_origins)
        mounts: dict[str, WSGIApplication] = {"/storage": storage, UPLOADS: UploadServer(wiring.upload_sessions)}
        try:
            with redirect_stderr(StringIO()):  # where Werkzeug says in its own words what is raised below
                self._server = make_server(
                    host, port, DispatcherMiddleware(api, mounts), threaded=True, request_handler=_Connection
                )
        except (OSError, SystemExit) as error:  # Werkzeug exits when the port is taken.
            raise ConfigurationError(
                "port_in_use", f"Can't listen on {host}:{port}. Stop what does, or choose another --port."
            ) from error
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)

    def __enter__(self) -> ApiServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Connection(WSGIRequestHandler):
    """Speaks HTTP/1.1, and leaves a client that falls silent. Werkzeug answers one request on each."""

    protocol_version = "HTTP/1.1"
    timeout = 60


def _names_of(host: str) -> tuple[str, ...] | None:
    """Returns the names that lead to an address; None when there is no telling.

    That is so when it stands for all addresses, and for IPv6, which Werkzeug can't compare with a list.
    """
    return None if host == EVERYWHERE or ":" in host else (*LOOPBACK, host)
