"""What schemathesis does as clients do."""

from __future__ import annotations

import uuid
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Takes a new Idempotency-Key for each thing to do, unless a wrong one is what is tried."""
    positive = case.meta is None or case.meta.generation.mode.is_positive
    if positive and "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
