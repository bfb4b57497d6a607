"""What somebody may, and who can have videos."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identity import owner_of
from shared.domain.principal import ROLES, Principal, Role, can_own


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_those_below_it_may(role: Role) -> None:
    principal = Principal(owner="ann", role=role, subject="ann")
    assert [other for other in ROLES if principal.may(other)] == list(ROLES[: ROLES.index(role) + 1])


@pytest.mark.parametrize("name", ["ann", "auth0|5f7c", "a b", "ann@example.com", "名前", "a..b", "-v", "x" * 128])
def test_who_can_own(name: str) -> None:
    assert can_own(name)


@given(st.text())
@pytest.mark.reliability("A11")
def test_whoever_can_own_is_named_by_their_uploads(name: str) -> None:
    if can_own(name):
        assert owner_of(f"{name}/clip.mp4") == name
        assert name == name.strip("/")
        assert name not in {"", ".", ".."}
