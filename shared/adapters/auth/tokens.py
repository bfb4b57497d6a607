"""People and services, known by JSON Web Tokens (RFC 7519) that an OIDC issuer signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from shared.adapters.auth.claims import principal_of
from shared.adapters.auth.key_set import VerificationKey
from shared.adapters.auth.verified_tokens import VerifiedTokens
from shared.domain.errors import Unauthenticated
from shared.domain.principal import Principal
from shared.ports.authenticator import AuthSettings
from shared.ports.clock import Clock

__all__ = ["KeySource", "TokenAuthenticator"]

_TOKEN: Final = re.compile(r"[\w=-]+\.[\w=-]+\.[\w=-]+", re.ASCII)
_TOKEN_MAX_CHARS: Final = 16_384
_CACHED_S: Final = 60.0
_FOREVER_S: Final = 2.0**53


class KeySource(Protocol):
    """Has the public keys of an issuer."""

    def of_id(self, kid: str | None) -> VerificationKey | None:
        """Returns the key of an id; None if the issuer has none. Raises TransientError if there is no telling."""
        ...


class TokenAuthenticator:
    """Takes the tokens of one issuer.

    Args:
        settings: What a token must say, and which claims tell who it is for.
        issuer: Whose tokens these are.
        keys: The issuer's keys.
        clock: The time.
    """

    def __init__(self, settings: AuthSettings, issuer: str, keys: KeySource, clock: Clock) -> None:
        self._settings = settings
        self._issuer = issuer
        self._keys = keys
        self._clock = clock
        self._verified = VerifiedTokens()

    def principal(self, token: str) -> Principal:
        now_s = self._clock.now().timestamp()
        known = self._verified.get(token, now_s)
        if known is not None:
            return known
        claims = self._claims(token)
        expires_s = self._expiry(claims, now_s)
        principal = principal_of(claims, self._settings)
        self._verified.put(token, principal, until_s=min(now_s + _CACHED_S, expires_s))
        return principal

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Returns what a token says, if the issuer signed it, for us."""
        import jwt  # for a twelfth of the time that the API takes to start

        if len(token) > _TOKEN_MAX_CHARS or not _TOKEN.fullmatch(token):
            raise Unauthenticated("This is no token.")
        try:
            key = self._keys.of_id(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise Unauthenticated("The token is signed with a key that its issuer does not have.")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=key.algorithms,
                audience=self._settings.audience,
                issuer=self._issuer,
                options=_OPTIONS,
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"The token can't be used: {error}.") from error
        return claims

    def _expiry(self, claims: Mapping[str, Any], now_s: float) -> float:
        """Returns when a token expires, in seconds since 1970, having made sure that its time is now."""
        leeway_s = self._settings.leeway_s
        expires_s = _time(claims, "exp") + leeway_s
        if now_s >= expires_s:
            raise Unauthenticated("The token has expired.")
        if not all(_time(claims, name) <= now_s + leeway_s for name in ("nbf", "iat") if name in claims):
            raise Unauthenticated("The token is not valid yet.")
        return expires_s


_OPTIONS: Final[Any] = {
    "require": ["exp", "iss", "aud"],
    # By our own clock instead of the machine's.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "enforce_minimum_key_length": True,
}


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if not isinstance(value, int | float) or not abs(value) < _FOREVER_S:  # so that no NaN is less
        raise Unauthenticated(f"The token's {name} is no time.")
    return float(value)
