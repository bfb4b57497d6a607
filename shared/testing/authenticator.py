"""Telling who sent a request, by what the request says itself."""

from __future__ import annotations

from typing import cast, get_args

from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal, Role

__all__ = ["NamingAuthenticator"]


class NamingAuthenticator:
    """Takes ``<role>:<owner>`` for a token."""

    def principal(self, token: str) -> Principal:
        role, _, owner = token.partition(":")
        if role not in get_args(Role) or not owner:
            raise Unauthenticated("The token names nobody.")
        return Principal(owner=owner, role=cast("Role", role), subject=f"{role}@{owner}")
