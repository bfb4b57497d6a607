"""Who sends a request: a person with a token of an OIDC issuer, or a machine with a key of this deployment's."""

from __future__ import annotations

from shared.adapters.auth.api_keys import ApiKeyAuthenticator
from shared.adapters.auth.key_set import KeySet
from shared.adapters.auth.own_issuer import OWN_ISSUER
from shared.adapters.auth.tokens import KeySource, TokenAuthenticator
from shared.domain.api_key import KEY_PREFIX
from shared.domain.principal import Principal
from shared.ports.authenticator import Authenticator, AuthSettings
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore
from shared.ports.signer import Signer

__all__ = ["authenticator"]


def authenticator(
    settings: AuthSettings, issuer: str, signer: Signer, documents: DocumentStore, clock: Clock
) -> Authenticator:
    """Returns what knows everybody whom a deployment lets in.

    Args:
        settings: What tokens must say.
        issuer: Whose tokens are taken; ``OWN_ISSUER`` for those that the deployment signs.
        signer: What signs these.
        documents: Where keys are.
        clock: The time.

    Raises:
        ConfigurationError: ``bad_issuer``: whoever is on the way to the issuer could pass for it.
    """
    own = issuer == OWN_ISSUER
    keys = KeySet(signer.public_keys()) if own else _published_keys(issuer, settings.jwks_url, clock)
    tokens = TokenAuthenticator(settings, issuer, keys, clock)
    return _BearerAuthenticator(ApiKeyAuthenticator(documents, clock), tokens)


def _published_keys(issuer: str, jwks_url: str | None, clock: Clock) -> KeySource:
    from shared.adapters.auth.issuer_keys import IssuerKeys
    from shared.adapters.auth.published_keys import PublishedKeys

    return IssuerKeys(PublishedKeys(issuer, jwks_url), clock)


class _BearerAuthenticator:
    """Takes keys and tokens."""

    def __init__(self, keys: Authenticator, tokens: Authenticator) -> None:
        self._keys = keys
        self._tokens = tokens

    def principal(self, token: str) -> Principal:
        # A JWT begins with "eyJ", the beginning of a JSON object in base64.
        kind = self._keys if token.startswith(KEY_PREFIX) else self._tokens
        return kind.principal(token)
