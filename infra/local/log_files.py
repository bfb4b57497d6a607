"""Keeps the log files of a deployment that runs for months from filling its disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from shared.logs import logger

__all__ = ["MAX_LOG_BYTES", "bound_logs"]

MAX_LOG_BYTES = 10 * 2**20


def bound_logs(folder: Path) -> None:
    """Sets aside each log that has grown large, in place of the one set aside before.

    The files stay the same ones, because other processes have them open, native libraries' stderr included: all
    append, so that they go on at the new end. A line written between the copy and the cut is lost.

    Args:
        folder: Folder of the logs.
    """
    for log in folder.glob("*.log"):
        try:
            if log.stat().st_size > MAX_LOG_BYTES:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)
        except OSError as error:
            logger().warning("log_not_set_aside", log=log.name, error=str(error))
