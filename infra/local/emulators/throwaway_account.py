"""A service account that exists nowhere, to sign URLs with that an emulator serves without looking at them."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.local.emulators.emulator import PROJECT

__all__ = ["throwaway_account"]


def throwaway_account(folder: Path) -> Path:
    """Writes a new key file, as GOOGLE_APPLICATION_CREDENTIALS names one, and returns it.

    Args:
        folder: Where to.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "client_email": "nobody@emulators.invalid",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "token_uri": "https://oauth2.invalid/token",
    }
    path = folder / "throwaway-account.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(account))
    return path
