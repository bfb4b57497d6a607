"""Who sends a request: a person with a token of an OIDC issuer, or a machine with a key of this deployment's."""

from __future__ import annotations

from shared.adapters.auth.api_keys import ApiKeyAuthenticator
from shared.adapters.auth.own_issuer import OWN_ISSUER, issuer_of
from shared.adapters.auth.tokens import KeySource, TokenAuthenticator
from shared.domain.api_key import KEY_PREFIX
from shared.domain.principal import Principal
from shared.ports.authenticator import Authenticator
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore
from shared.ports.signer import Signer
from shared.settings import Settings

__all__ = ["authenticator"]


def authenticator(settings: Settings, signer: Signer, documents: DocumentStore, clock: Clock) -> Authenticator:
    """Returns what knows everybody whom a deployment lets in.

    Args:
        settings: The deployment's.
        signer: What signs this deployment's own tokens, where it issues them.
        documents: Where keys are.
        clock: The time.

    Raises:
        ConfigurationError: ``issuer_missing`` or ``bad_issuer``: nobody's tokens could be verified.
    """
    issuer = issuer_of(settings)
    tokens = TokenAuthenticator(settings.auth, issuer, _keys(issuer, settings, signer, clock), clock)
    return _BearerAuthenticator(ApiKeyAuthenticator(documents, clock), tokens)


def _keys(issuer: str, settings: Settings, signer: Signer, clock: Clock) -> KeySource:
    if issuer == OWN_ISSUER:
        from shared.adapters.auth.key_set import KeySet

        return KeySet(signer.public_keys())
    from shared.adapters.auth.issuer_keys import IssuerKeys
    from shared.adapters.auth.published_keys import PublishedKeys

    return IssuerKeys(PublishedKeys(issuer, settings.auth.jwks_url), clock)


class _BearerAuthenticator:
    """Takes keys and tokens."""

    def __init__(self, keys: Authenticator, tokens: Authenticator) -> None:
        self._keys = keys
        self._tokens = tokens

    def principal(self, token: str) -> Principal:
        # A JWT begins with "eyJ", the beginning of a JSON object in base64.
        kind = self._keys if token.startswith(KEY_PREFIX) else self._tokens
        return kind.principal(token)
