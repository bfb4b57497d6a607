"""A signer with an elliptic-curve key (P-256)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from shared.adapters.folders import locked_folder
from shared.domain.errors import ConfigurationError

__all__ = ["SigningKey"]


class SigningKey:
    """A Signer with a private key.

    Args:
        pem: The key, unencrypted, in PEM.

    Raises:
        ConfigurationError: ``bad_signing_key``: it is no such key.
    """

    def __init__(self, pem: bytes) -> None:
        try:
            key = load_pem_private_key(pem, None)
        except (TypeError, ValueError) as error:
            raise _bad_key() from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise _bad_key()
        self._key = key

    @classmethod
    def generate(cls) -> SigningKey:
        """Returns one with a new key."""
        return cls(_new_pem())

    @classmethod
    def kept_in(cls, folder: Path) -> SigningKey:
        """Returns one with the key in a folder, which is made by the first use and then stays the same."""
        path = folder / "signing-key.pem"
        with locked_folder(folder):
            if not path.exists():
                path.touch(mode=0o600)
                path.write_bytes(_new_pem())
            return cls(path.read_bytes())

    def pem(self) -> str:
        """Returns the key itself, for another process of this deployment."""
        return _pem(self._key)

    def mac(self, purpose: str, message: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + message, "sha256")

    def token(self, claims: Mapping[str, Any]) -> str:
        import jwt  # links need none of it

        return jwt.encode(dict(claims), self._key, algorithm="ES256", headers={"kid": self._public["kid"]})

    def public_keys(self) -> Mapping[str, Any]:
        return {"keys": [self._public]}

    @cached_property
    def _secret(self) -> bytes:
        number = self._key.private_numbers().private_value.to_bytes(32, "big")
        return hashlib.sha256(b"automations mac\0" + number).digest()

    @cached_property
    def _public(self) -> Mapping[str, Any]:
        from jwt.algorithms import ECAlgorithm

        jwk: dict[str, Any] = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        thumbprint = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
        return {
            **jwk,
            "kid": hashlib.sha256(thumbprint.encode()).hexdigest()[:32],
            "alg": "ES256",
            "use": "sig",
        }


def _new_pem() -> bytes:
    return _pem(ec.generate_private_key(ec.SECP256R1())).encode()


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _bad_key() -> ConfigurationError:
    return ConfigurationError(
        "bad_signing_key",
        "AUTOMATIONS_SIGNING_KEY must be a P-256 private key in PEM; make one with "
        "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.",
    )
