"""Structured log lines, with what is being worked on in each of them."""

from __future__ import annotations

import logging
import sys
from typing import Literal, TextIO

import structlog

__all__ = ["configure_logs", "logger"]

logger = structlog.get_logger


def configure_logs(level: str, log_format: Literal["json", "text"], stream: TextIO | None = None) -> None:
    """Sets how log lines are written; called by the composition root.

    Args:
        level: Least level written, such as ``info``.
        log_format: ``json`` writes one object a line with Cloud Logging's field names, ``text`` lines for people.
        stream: Where to; None means stderr.
    """
    stream = stream or sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", key="time"),
            _severity if log_format == "json" else structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            *([structlog.processors.EventRenamer("message")] if log_format == "json" else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def _severity(
    _logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["severity"] = {"warn": "WARNING", "exception": "ERROR"}.get(method, method.upper())
    return event
