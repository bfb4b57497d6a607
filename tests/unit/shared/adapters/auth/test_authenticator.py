"""Whose tokens a deployment takes, and what it remembers of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.auth import authenticator
from shared.adapters.auth.own_issuer import OWN_ISSUER, issue_token
from shared.adapters.auth.verified_tokens import VerifiedTokens
from shared.adapters.signing_key import SigningKey
from shared.domain.errors import ConfigurationError, Unauthenticated
from shared.domain.principal import Principal
from shared.ports.authenticator import Authenticator
from shared.settings import AuthSettings, Settings
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore

LOCAL = Settings()
GOOGLE = Settings(platform="google", project="demo")
ANN = Principal(owner="ann", role="editor", subject="ann")


class Deployment:
    """Tokens and who takes them."""

    def __init__(self, settings: Settings, signer: SigningKey | None = None) -> None:
        self.settings = settings
        self.signer = signer or SigningKey.generate()
        self.clock = ManualClock()

    @property
    def door(self) -> Authenticator:
        return authenticator(self.settings, self.signer, InMemoryDocumentStore(), self.clock)

    def token(self, **asked: Any) -> str:
        wanted: dict[str, Any] = {"owner": "ann", "role": "editor", "life_s": 3600} | asked
        return issue_token(self.settings, self.signer, self.clock.now(), **wanted)


def with_auth(settings: Settings, **auth: Any) -> Settings:
    return replace(settings, auth=AuthSettings(**auth))


@pytest.mark.parametrize(
    "settings",
    [
        LOCAL,
        with_auth(LOCAL, issuer=OWN_ISSUER),
        with_auth(GOOGLE, issuer=OWN_ISSUER),
        with_auth(LOCAL, audience="videos", owner_claim="app.tenant", role_claim="https://app.example/roles"),
    ],
)
def test_a_deployment_that_is_its_own_issuer_takes_its_tokens(settings: Settings) -> None:
    deployment = Deployment(settings)
    assert deployment.door.principal(deployment.token()) == ANN


def test_nobody_elses_are_taken() -> None:
    one, other = Deployment(LOCAL), Deployment(LOCAL)
    with pytest.raises(Unauthenticated):
        one.door.principal(other.token())
    stranger = Deployment(with_auth(LOCAL, audience="others"), one.signer)
    with pytest.raises(Unauthenticated):
        one.door.principal(stranger.token())


def test_own_tokens_expire() -> None:
    deployment = Deployment(LOCAL)
    door, token = deployment.door, deployment.token(life_s=60)
    door.principal(token)
    deployment.clock.advance(60 + LOCAL.auth.leeway_s)
    with pytest.raises(Unauthenticated, match="expired"):
        door.principal(token)


def test_on_google_cloud_an_issuer_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match="issuer_missing"):
        Deployment(GOOGLE).door  # noqa: B018 - making it is what is refused
    with pytest.raises(ConfigurationError, match="issuer_missing"):
        Deployment(GOOGLE).token()


def test_tokens_of_another_issuer_can_not_be_made_here() -> None:
    settings = with_auth(LOCAL, issuer="https://issuer.example")
    with pytest.raises(ConfigurationError, match=r"not_the_issuer.*https://issuer\.example"):
        Deployment(settings).token()


def test_keys_and_tokens_are_told_apart() -> None:
    door = Deployment(LOCAL).door
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
