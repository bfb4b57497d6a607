"""An issuer's keys: had when they are needed, never fetched more often than is polite, kept through an outage."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.auth.issuer_keys import FRESH_S, KEPT_S, PAUSE_S, IssuerKeys
from shared.adapters.auth.published_keys import PublishedKeys
from shared.domain.errors import ConfigurationError, TransientError
from shared.testing.clock import ManualClock
from tests.oidc_issuer import Issuer, issuer

__all__ = ["issuer"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def keys(issuer: Issuer, clock: ManualClock) -> IssuerKeys:
    return IssuerKeys(PublishedKeys(issuer.url, None), clock)


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def test_fetches_once_for_many_at_a_time(issuer: Issuer, keys: IssuerKeys) -> None:
    issuer.answering.clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(keys.of_id, "k1") for _ in range(8)]
        issuer.answering.set()
        assert all(one.result() is not None for one in asked)
    assert issuer.fetches == 1


def test_finds_a_rotated_key_at_once_and_drops_the_old_one(
    issuer: Issuer, keys: IssuerKeys, clock: ManualClock
) -> None:
    assert keys.of_id("k1") is not None
    issuer.rotate("k1", "k2")
    clock.advance(PAUSE_S)
    assert keys.of_id("k2") is not None
    assert keys.of_id("k1") is None


@pytest.mark.reliability("A30")
def test_made_up_key_ids_do_not_hammer_the_issuer(issuer: Issuer, keys: IssuerKeys, clock: ManualClock) -> None:
    assert keys.of_id("k1") is not None
    for number in range(100):
        assert keys.of_id(f"../{number}") is None
    assert issuer.fetches == 1
    clock.advance(PAUSE_S)
    assert [keys.of_id(f"../{number}") for number in range(100)] == [None] * 100
    assert issuer.fetches == 2


def test_old_keys_are_fetched_again_while_requests_go_on(
    issuer: Issuer, keys: IssuerKeys, clock: ManualClock
) -> None:
    assert keys.of_id("k1") is not None
    issuer.rotate("k1", "k2")
    issuer.answering.clear()
    clock.advance(FRESH_S + 1)
    for _ in range(20):
        assert keys.of_id("k1") is not None  # while the issuer hangs
    issuer.answering.set()
    until(lambda: keys.of_id("k1") is None)
    assert issuer.fetches == 2


def test_whoever_has_an_unknown_key_does_not_wait_beside_a_fetch(
    issuer: Issuer, keys: IssuerKeys, clock: ManualClock
) -> None:
    assert keys.of_id("k1") is not None
    clock.advance(PAUSE_S)
    issuer.answering.clear()
    waiting = threading.Thread(target=keys.of_id, args=["x"])
    waiting.start()
    until(lambda: keys._fetching.locked())
    with pytest.raises(TransientError, match="issuer_unavailable") as told:
        keys.of_id("y")
    assert told.value.retry_after_s == 1
    assert keys.of_id("k1") is not None
    issuer.answering.set()
    waiting.join()


def test_known_keys_outlast_an_outage_for_a_day(issuer: Issuer, keys: IssuerKeys, clock: ManualClock) -> None:
    assert keys.of_id("k1") is not None
    issuer.failing = True
    clock.advance(KEPT_S - 1)
    assert keys.of_id("k1") is not None
    until(lambda: issuer.fetches == 2 and not keys._fetching.locked())
    with pytest.raises(TransientError, match="issuer_unavailable"):
        keys.of_id("k2")  # there is no telling
    clock.advance(PAUSE_S)
    with pytest.raises(TransientError, match="issuer_unavailable"):
        keys.of_id("k1")
    issuer.failing = False
    clock.advance(PAUSE_S)
    assert keys.of_id("k1") is not None


def test_an_issuer_that_is_down_is_asked_now_and_then(
    issuer: Issuer, keys: IssuerKeys, clock: ManualClock
) -> None:
    issuer.failing = True
    for _ in range(5):
        with pytest.raises(TransientError, match="issuer_unavailable"):
            keys.of_id("k1")
    assert issuer.fetches == 1
    issuer.failing = False
    clock.advance(PAUSE_S)
    assert keys.of_id("k1") is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": 5}',
        b'{"keys": [5, null, {"kty": ["RSA"]}, {"kty": "RSA"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "k1"}]}',
        b"[" * 100_000,
    ],
    ids=lambda content: content[:30].decode(),
)
def test_what_is_no_key_set_leaves_things_as_they_were(
    issuer: Issuer, keys: IssuerKeys, clock: ManualClock, content: bytes
) -> None:
    assert keys.of_id("k1") is not None
    issuer.content = content
    clock.advance(PAUSE_S)
    with pytest.raises(TransientError):
        keys.of_id("k2")
    assert keys.of_id("k1") is not None


def test_an_answer_without_end_is_not_read(issuer: Issuer, clock: ManualClock) -> None:
    issuer.content = b" " * 2**20 + json.dumps(issuer.jwks).encode()
    with pytest.raises(TransientError):
        IssuerKeys(PublishedKeys(issuer.url, None), clock).of_id("k1")


def test_keys_are_taken_from_nobody_else(issuer: Issuer, clock: ManualClock) -> None:
    with pytest.raises(TransientError):  # a document about an issuer of another name
        IssuerKeys(PublishedKeys(f"{issuer.url}/", None), clock).of_id("k1")
    assert issuer.fetches == 0
    with pytest.raises(TransientError):  # a redirect, whatever comes with it
        IssuerKeys(PublishedKeys(issuer.url, f"{issuer.url}/moved"), clock).of_id("k1")
    assert issuer.fetches == 1
    issuer.jwks_url = "http://keys.example/jwks"  # without TLS
    with pytest.raises(TransientError):
        IssuerKeys(PublishedKeys(issuer.url, None), clock).of_id("k1")


@pytest.mark.parametrize(
    ("address", "jwks_url"),
    [
        ("http://issuer.example", None),
        ("https://issuer.example", "http://issuer.example/keys"),
        ("https://issuer.example", "file:///keys"),
        ("issuer.example", None),
        ("http://127.0.0.1.issuer.example", None),
        ("https://", None),
        ("https://[", None),
        ("automation", None),
    ],
)
def test_addresses_that_others_could_answer_for_are_refused(address: str, jwks_url: str | None) -> None:
    with pytest.raises(ConfigurationError, match="bad_issuer"):
        PublishedKeys(address, jwks_url)
