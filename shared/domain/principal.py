"""Who asks, and what they may do."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

__all__ = ["ROLES", "Principal", "Role", "can_own"]

Role: TypeAlias = Literal["viewer", "editor", "admin"]
"""``viewer`` sees, ``editor`` also adds and changes, ``admin`` also manages keys, webhooks and what was done."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""Each may do what those before it may."""

_OWNER_MAX_BYTES: Final = 128
_NOT_IN_NAMES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


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


def can_own(name: str) -> bool:
    """Tells whether somebody of a name can have videos: uploads lie in a folder of that name, in any store."""
    if not name or name.startswith(".") or "/" in name:
        return False
    # Control and format characters, lone surrogates, what Unicode does not know, line and paragraph separators.
    if any(unicodedata.category(char) in _NOT_IN_NAMES for char in name):
        return False
    return len(name.encode()) <= _OWNER_MAX_BYTES
