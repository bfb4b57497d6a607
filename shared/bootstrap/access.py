"""Who is let in, and what vouches for what this deployment gives away."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.databases import Databases
from shared.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.ports.authenticator import Authenticator
    from shared.ports.signer import Signer

__all__ = ["Access"]


class Access(Databases):
    """Keys and issuers as the settings name them; on one machine, of its own."""

    @cached_property
    def signer(self) -> Signer:
        """What signs links, receipts and, on one machine, tokens."""
        from shared.adapters.signing_key import SigningKey

        if self.settings.signing_key is not None:
            return SigningKey(self.settings.signing_key.get_secret_value().encode())
        if self.settings.platform == "google":
            raise ConfigurationError(
                "signing_key_missing",
                "AUTOMATIONS_SIGNING_KEY must hold a P-256 private key in PEM, from Secret Manager.",
            )
        return SigningKey.kept_in(self.settings.data_dir / "keys")

    @cached_property
    def authenticator(self) -> Authenticator:
        """What knows people by their tokens and machines by their keys."""
        from shared.adapters.auth import authenticator

        return authenticator(self.settings.auth, self.issuer, self.signer, self.documents, self.clock)

    @property
    def issuer(self) -> str:
        """Whose tokens the API takes; OWN_ISSUER for its own."""
        from shared.adapters.auth.own_issuer import OWN_ISSUER

        if self.settings.auth.issuer is not None:
            return self.settings.auth.issuer
        if self.settings.platform == "local":
            return OWN_ISSUER
        raise ConfigurationError(
            "issuer_missing",
            "AUTOMATIONS_AUTH__ISSUER must name the OIDC issuer whose tokens the API takes, such as "
            "https://securetoken.google.com/PROJECT.",
        )
