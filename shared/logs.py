"""Structured log lines, with what is being worked on in each of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

__all__ = ["CloudLines", "bound_fields", "configure_logs", "fields_of", "logger"]

_LOGGER = logging.getLogger("automations")
_bound: ContextVar[Mapping[str, object]] = ContextVar("bound log fields")

_CARRIED: Final = "log_fields"
_ERROR_EVENT: Final = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
_LABELS: Final = ("video_id", "run", "stage")
"""Fields that Cloud Logging indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudLines:
    """What JSON lines need so that Cloud Logging, Cloud Trace and Error Reporting tie them together.

    Attributes:
        project: Project that the traces are in.
        service: What Error Reporting groups errors under; None where that is not known.
        version: Its version, such as a revision.
        traced: Whether the spans are recorded that lines belong to.
    """

    project: str
    service: str | None = None
    version: str | None = None
    traced: bool = False

    def fields(self, record: logging.LogRecord) -> Mapping[str, object]:
        """Returns the fields of a line that mean something to Google Cloud."""
        own = fields_of(record)
        special: dict[str, object] = {}
        if trace := own.get("trace"):
            special["logging.googleapis.com/trace"] = f"projects/{self.project}/traces/{trace}"
        if self.traced and (span := own.get("span")):
            special["logging.googleapis.com/spanId"] = span
            special["logging.googleapis.com/trace_sampled"] = True
        if labels := {name: str(own[name]) for name in _LABELS if name in own}:
            special["logging.googleapis.com/labels"] = labels
        if record.exc_info and record.levelno >= logging.ERROR:
            context = {"service": self.service, "version": self.version}
            special["@type"] = _ERROR_EVENT
            special["serviceContext"] = {name: value for name, value in context.items() if value}
        return special


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
    """Adds fields to every line that this thread or task writes inside the block.

    An exception that leaves the block takes them along, for the line that is written where it is caught.
    """
    token = _bound.set({**_bound.get({}), **fields})
    try:
        yield
    except BaseException as error:
        error.__dict__.setdefault(_CARRIED, _bound.get())
        raise
    finally:
        _bound.reset(token)


def configure_logs(
    level: str,
    log_format: Literal["json", "text"],
    stream: TextIO | None = None,
    *,
    cloud: CloudLines | None = None,
) -> None:
    """Sets how log lines are written, those of libraries too; called by the composition root.

    Args:
        level: Least level written, such as ``info``.
        log_format: ``json`` writes one object a line with Cloud Logging's field names, ``text`` lines for people.
        stream: Where to; None means stderr.
        cloud: What JSON lines need on Google Cloud; None elsewhere.
    """
    handler = _Handler(stream)
    handler.setFormatter(_JsonLines(cloud) if log_format == "json" else _TextLines())
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(level.upper())
    # Whatever else handles log lines in this process would write ours a second time.
    _LOGGER.propagate = False
    # What libraries have to say, a web framework its tracebacks: a line of text each would be an entry each.
    root = logging.getLogger()
    root.handlers = [*(other for other in root.handlers if not isinstance(other, _Handler)), handler]


def fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    """Returns the fields of a line, and those of what was worked on when its exception was raised."""
    fields: Mapping[str, object] = record.__dict__.get("fields", {"logger": record.name})
    error = record.exc_info[1] if record.exc_info else None
    return fields if error is None else {**error.__dict__.get(_CARRIED, {}), **fields}


class _Handler(logging.StreamHandler[TextIO]):
    """Tells our handler from those that others have added."""


class _JsonLines(logging.Formatter):
    def __init__(self, cloud: CloudLines | None) -> None:
        super().__init__()
        self._cloud = cloud

    def format(self, record: logging.LogRecord) -> str:
        line = {
            **fields_of(record),
            "time": _time(record),
            "severity": record.levelname,
            "message": record.getMessage(),
        }
        if record.exc_info:
            # Error Reporting takes whatever is called stack_trace or exception for an error to report.
            name = "stack_trace" if record.levelno >= logging.ERROR else "traceback"
            line[name] = self.formatException(record.exc_info)
        if self._cloud is not None:
            line |= self._cloud.fields(record)
        return _as_json(line)


def _as_json(line: Mapping[str, object]) -> str:
    """Returns a line as JSON, whatever is in its fields: one that is lost tells nobody anything."""
    try:
        return json.dumps(line, default=repr, allow_nan=False)
    except Exception:  # no number, a key that is no text, a cycle, a repr that fails
        return json.dumps({name: _sound(value) for name, value in line.items()})


def _sound(value: object) -> object:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return _shown(value)
    return value


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # A stranger's __repr__: whatever it does, the line is written.
        return f"a {type(value).__name__} that can't be shown"


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value!r}" for name, value in fields_of(record).items())
        line = f"{_time(record)} {record.levelname:8} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
