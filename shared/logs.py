"""Structured log lines, with what is being worked on in each of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

__all__ = ["bound_fields", "configure_logs", "fields_of", "logger"]

_LOGGER = logging.getLogger("automations")
_bound: ContextVar[Mapping[str, object]] = ContextVar("bound log fields")


class _EventLogger(logging.LoggerAdapter[logging.Logger]):
    """Takes the name of what happened, and keyword arguments as the line's fields."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        exc_info = kwargs.pop("exc_info", None)
        return msg, {"exc_info": exc_info, "extra": {"fields": {**_bound.get({}), **kwargs}}}


_EVENT_LOGGER = _EventLogger(_LOGGER)


def logger() -> logging.LoggerAdapter[logging.Logger]:
    """Returns what log lines are written with, as in ``logger().info("declined", reason="busy")``."""
    return _EVENT_LOGGER


@contextmanager
def bound_fields(**fields: object) -> Iterator[None]:
    """Adds fields to every line that this thread or task writes inside the block."""
    token = _bound.set({**_bound.get({}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def configure_logs(level: str, log_format: Literal["json", "text"], stream: TextIO | None = None) -> None:
    """Sets how log lines are written; called by the composition root.

    Args:
        level: Least level written, such as ``info``.
        log_format: ``json`` writes one object a line with Cloud Logging's field names, ``text`` lines for people.
        stream: Where to; None means stderr.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(level.upper())
    # Whatever else handles log lines in this process would write ours a second time.
    _LOGGER.propagate = False


def fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    """Returns the fields of a line that logger() wrote."""
    fields: Mapping[str, object] = record.__dict__["fields"]
    return fields


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            **fields_of(record),
            "time": _time(record),
            "severity": record.levelname,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=repr)


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value!r}" for name, value in fields_of(record).items())
        line = f"{_time(record)} {record.levelname:8} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
