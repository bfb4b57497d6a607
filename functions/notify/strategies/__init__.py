"""What tells other systems about videos. All of it comes from packages: webhooks are no strategy."""

from __future__ import annotations

from shared.processors.publisher import Publisher
from shared.processors.registry import Registry

__all__ = ["PUBLISHERS"]

PUBLISHERS = Registry(
    "automations.publishers",
    Publisher,  # type: ignore[type-abstract]  # the registry only checks against it
    {},
)
