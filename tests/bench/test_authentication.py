"""What it takes to know who sent a request, over verifying the signature alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.api_key import ApiKey, new_key
from shared.domain.errors import Unauthenticated
from shared.ports.document_store import Edit
from shared.settings import Settings

ROUNDS = 3000

pytestmark = pytest.mark.bench


def median_us(ask: Callable[[], Any]) -> float:
    took_s = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask()
        took_s.append(time.perf_counter() - started)
    return statistics.median(took_s) * 1e6


def test_knowing_who_asks(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path))
    token = new_token(wiring, owner="ann", role="viewer", hours=1)
    forged = token[:-8] + "AAAAAAAA"
    key, secret = new_key(owner="ann", name="x", role="viewer", now=wiring.clock.now(), expires_at=None)
    wiring.documents.update(ApiKey, key.id, lambda _none: Edit(answer=None, document=key), owner="ann")
    public = jwt.PyJWK(dict(wiring.signer.public_keys()["keys"][0]))
    signed, _, signature = (part.encode() for part in token.rpartition("."))
    raw = jwt.utils.base64url_decode(signature)

    def refused() -> None:
        with pytest.raises(Unauthenticated):
            wiring.authenticator.principal(forged)

    def anew() -> None:
        del wiring.__dict__["authenticator"]  # and all that it remembers
        wiring.authenticator.principal(token)

    bare = median_us(lambda: public.Algorithm.verify(signed, public.key, raw))
    print(f"\nwho asks, over verifying one signature ({bare:.0f} us), median of {ROUNDS}")
    for name, ask in {
        "a token seen before": lambda: wiring.authenticator.principal(token),
        "a token seen first, and the key set": anew,
        "a forged token": refused,
        "an API key in SQLite": lambda: wiring.authenticator.principal(secret),
    }.items():
        took = median_us(ask)
        print(f"  {name:38}{took / bare:6.2f}   {took:6.1f} us")
