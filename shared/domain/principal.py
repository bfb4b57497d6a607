"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

__all__ = ["ROLES", "Principal", "Role"]

Role: TypeAlias = Literal["viewer", "editor", "admin"]
"""``viewer`` sees, ``editor`` also adds and changes, ``admin`` also manages keys, webhooks and what was done."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""Each may do what those before it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who proved who they are.

    Attributes:
        owner: Whose videos and settings they may use: nobody else's exist for them.
        role: What they may do with these.
        subject: Who they are, for the audit log: a token's ``sub``, or ``key:<id>``.
    """

    owner: str
    role: Role
    subject: str

    def may(self, role: Role) -> bool:
        """Tells whether they may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)
