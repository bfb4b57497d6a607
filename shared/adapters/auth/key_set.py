"""Public keys to verify tokens with, by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["KeySet", "VerificationKey"]

_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_FITTING: Final[Mapping[tuple[Any, Any], tuple[str, ...]]] = {
    ("RSA", None): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""Type and curve of a key -> the algorithms it may be used with. There is no symmetric one among them: with such a
key, whoever can verify a token could make one."""

_TEXTS: Final = ("kty", "kid", "alg", "crv", "use")


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key.

    Attributes:
        key: The key.
        algorithms: What it may have signed with.
    """

    key: Any
    algorithms: tuple[str, ...]


class KeySet:
    """The keys of an issuer at one time.

    Args:
        jwk_set: A JWK set (RFC 7517); what in it can't be used is left out.

    Raises:
        ValueError: Nothing in it can be used.
    """

    def __init__(self, jwk_set: Mapping[str, Any]) -> None:
        listed = jwk_set.get("keys")
        jwks = [jwk for jwk in listed if _is_jwk(jwk)] if isinstance(listed, list) else []
        self._by_id = {jwk.get("kid"): key for jwk in jwks if (key := _usable(jwk)) is not None}
        if not self._by_id:
            raise ValueError("there is no usable key in the set")

    def of_id(self, kid: str | None) -> VerificationKey | None:
        """Returns the key of an id; without an id, the only key. None if there is none, or no telling which."""
        if kid is None and len(self._by_id) == 1:
            return next(iter(self._by_id.values()))
        return self._by_id.get(kid)


def _is_jwk(jwk: object) -> bool:
    return isinstance(jwk, dict) and all(isinstance(jwk.get(name, ""), str) for name in _TEXTS)


def _usable(jwk: Mapping[str, Any]) -> VerificationKey | None:
    from jwt import PyJWK  # with the first token, as in TokenAuthenticator
    from jwt.exceptions import PyJWTError

    fitting = _FITTING.get((jwk.get("kty"), jwk.get("crv")), ())
    algorithms = tuple(name for name in fitting if jwk.get("alg", name) == name)
    if not algorithms or jwk.get("use", "sig") != "sig":
        return None
    try:
        return VerificationKey(PyJWK(dict(jwk), algorithms[0]).key, algorithms)
    except PyJWTError:
        return None
