"""How gunicorn serves a function.

In a container: ``gunicorn --config infra/gunicorn.conf.py "functions_framework:create_app()"``, with
FUNCTION_SOURCE, FUNCTION_TARGET, THREADS and PORT in the environment.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from shared.adapters.termination import GRACE_S, end_on_sigterm
from shared.logs import configure_logs

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.gthread import ThreadWorker

workers = 1  # an instance is one worker; more come as more instances
worker_class = "gthread"
threads = int(os.environ.get("THREADS", "1"))

# The platform limits each request; gunicorn's limit would end all requests of an instance for a slow one.
timeout = 0
graceful_timeout = GRACE_S

# As functions-framework serves.
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "error")
limit_request_line = 0

control_socket_disable = True  # nobody is there to use it, and it would be made in the home folder


def on_starting(_server: Arbiter) -> None:
    """Has gunicorn's own lines written like everybody's, so that a traceback is one entry in the log."""
    configure_logs("info", "json")
    own = logging.getLogger("gunicorn.error")
    own.handlers, own.propagate = [], True


def post_worker_init(_worker: ThreadWorker) -> None:
    """Takes care of what does not end by itself at SIGTERM; gunicorn stops accepting, and waits for what does."""
    end_on_sigterm()
