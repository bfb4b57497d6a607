"""HTTP to the public internet for addresses that strangers named, which must not lead inward."""

from shared.adapters.web.client import GuardedWebClient

__all__ = ["GuardedWebClient"]
