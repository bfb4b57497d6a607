"""Whose tokens a deployment takes, and what it remembers of them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.auth import authenticator
from shared.adapters.auth.own_issuer import OWN_ISSUER, issue_token
from shared.adapters.auth.verified_tokens import VerifiedTokens
from shared.adapters.signing_key import SigningKey
from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal
from shared.ports.authenticator import Authenticator, AuthSettings
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore

ANN = Principal(owner="ann", role="editor", subject="ann")


class Deployment:
    """One that is its own issuer."""

    def __init__(self, signer: SigningKey | None = None, **settings: Any) -> None:
        self.settings = AuthSettings(**settings)
        self.signer = signer or SigningKey.generate()
        self.clock = ManualClock()

    @property
    def door(self) -> Authenticator:
        return authenticator(self.settings, OWN_ISSUER, self.signer, InMemoryDocumentStore(), self.clock)

    def token(self, *, life_s: int = 3600) -> str:
        now = self.clock.now()
        return issue_token(self.settings, self.signer, now, owner="ann", role="editor", life_s=life_s)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"audience": "videos"},
        {"owner_claim": "app.tenant", "role_claim": "https://app.example/roles"},
    ],
)
def test_a_deployment_that_is_its_own_issuer_takes_its_tokens(settings: dict[str, Any]) -> None:
    deployment = Deployment(**settings)
    assert deployment.door.principal(deployment.token()) == ANN


def test_nobody_elses_are_taken() -> None:
    one, other = Deployment(), Deployment()
    with pytest.raises(Unauthenticated):
        one.door.principal(other.token())
    stranger = Deployment(one.signer, audience="others")
    with pytest.raises(Unauthenticated):
        one.door.principal(stranger.token())


def test_own_tokens_expire() -> None:
    deployment = Deployment()
    door, token = deployment.door, deployment.token(life_s=60)
    door.principal(token)
    deployment.clock.advance(60 + deployment.settings.leeway_s)
    with pytest.raises(Unauthenticated, match="expired"):
        door.principal(token)


def test_keys_and_tokens_are_told_apart() -> None:
    door = Deployment().door
    with pytest.raises(Unauthenticated, match="no such key"):
        door.principal("ak_x")
    with pytest.raises(Unauthenticated, match="no token"):
        door.principal("x")


def test_what_was_verified_is_remembered_for_a_while_and_not_without_end() -> None:
    tokens = VerifiedTokens()
    for number in range(5000):
        tokens.put(f"token {number}", ANN, until_s=10.0)
        assert tokens.get("token 0", 9.0) == ANN  # is used all the time
    assert tokens.get("token 1", 9.0) is None
    assert tokens.get("token 4999", 9.0) == ANN
    assert tokens.get("token 4999", 10.0) is None
    assert len(tokens._known) <= 4096
