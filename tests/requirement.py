"""What a test does where something that it takes is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

__all__ = ["missing"]


def missing(reason: str) -> NoReturn:
    """Skips the test loudly, as a laptop need not have everything; fails it where all must run (REQUIRE_ALL=1).

    Args:
        reason: What is missing, and what may be done about it.
    """
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
