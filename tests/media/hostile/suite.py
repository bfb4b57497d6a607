"""All hostile inputs."""

from __future__ import annotations

from tests.media.hostile.case import Hostile
from tests.media.hostile.names import names
from tests.media.hostile.references import references
from tests.media.hostile.sizes import sizes
from tests.media.hostile.unusable import unusable

__all__ = ["SUITE"]

SUITE: tuple[Hostile, ...] = (*references(), *names(), *sizes(), *unusable())
