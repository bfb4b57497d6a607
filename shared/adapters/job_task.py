"""A job's task: calls one function with one delivery, the same way wherever jobs run.

Cloud Run Jobs starts it as ``python -m shared.adapters.job_task STAGE DELIVERY``, the delivery as JSON; it exits
with 0 when the work is committed, and otherwise with 1, for the task to be tried again.
"""

from __future__ import annotations

import sys
from importlib import import_module

from shared.adapters.http_delivery import Endpoint, log_failure
from shared.adapters.termination import end_on_sigterm
from shared.domain.codec import decode_json
from shared.domain.wire import Delivery

__all__ = ["endpoint_of", "main"]


def endpoint_of(stage: str) -> Endpoint:
    """Returns a function's endpoint, which is built by the first call."""
    endpoint: Endpoint = import_module(f"functions.{stage}.main").endpoint()
    return endpoint


def main() -> None:
    """Runs the task that the command line names."""
    end_on_sigterm()
    stage, delivery = sys.argv[1:]
    try:
        endpoint_of(stage).handle(decode_json(Delivery, delivery))
    except Exception as error:
        log_failure(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
