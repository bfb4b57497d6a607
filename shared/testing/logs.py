"""Log lines as a test looks at them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.logs import fields_of, logger

__all__ = ["captured_logs"]


class _Capture(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = {"event": record.getMessage(), "level": record.levelname.lower(), **fields_of(record)}
        self.lines.append(line)


@contextmanager
def captured_logs() -> Iterator[list[dict[str, object]]]:
    """Gives the lines logged inside the block, with their fields, instead of writing them; debug lines too."""
    target, capture = logger().logger, _Capture()
    before = target.handlers, target.level, target.propagate
    target.handlers, target.propagate = [capture], False
    target.setLevel(logging.DEBUG)
    try:
        yield capture.lines
    finally:
        target.handlers, _, target.propagate = before
        target.setLevel(before[1])
