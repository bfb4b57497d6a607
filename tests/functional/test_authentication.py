"""Who is let in: tokens of a real issuer over HTTP, keys, and everything that only looks like one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import Client

from functions.api.app import create_app
from shared.adapters.auth import authenticator
from shared.domain.api_key import new_key
from shared.settings import AuthSettings, Settings
from shared.testing.clock import ManualClock
from tests.api_ports import FakeApiPorts
from tests.oidc_issuer import Issuer, issuer, public_jwk, sign

__all__ = ["issuer"]

LEEWAY_S = 30
STRANGER = ec.generate_private_key(ec.SECP256R1())


class Door:
    """The API, letting in whom an issuer sends."""

    def __init__(self, issuer: Issuer, **auth: Any) -> None:
        self.clock = ManualClock(datetime.now(UTC))
        settings = Settings(auth=AuthSettings(issuer=issuer.url, **auth))
        self.ports = FakeApiPorts(settings=settings, clock=self.clock)
        self.ports.authenticator = authenticator(
            settings.auth, issuer.url, self.ports.signer, self.ports.documents, self.clock
        )
        self.client = Client(create_app(self.ports))

    def knock(self, token: str, *, path: str = "/v1/me") -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    def me(self, token: str) -> Any:
        response = self.knock(token)
        assert response.status_code == 200, response.text
        return response.json

    def refused(self, token: str) -> None:
        response = self.knock(token)
        assert (response.status_code, response.json["code"]) == (401, "unauthenticated"), response.text
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.fixture
def door(issuer: Issuer) -> Door:
    return Door(issuer)


def segment(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def hand_made(header: object, claims: object, signature: Callable[[bytes], bytes] = lambda _signed: b"") -> str:
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{segment(signature(signed.encode()))}"


def by_hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda signed: hmac.digest(secret, signed, hashlib.sha256)


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_token_of_the_issuer_opens(issuer: Issuer, door: Door) -> None:
    assert door.me(issuer.token()) == {"owner": "ann", "role": "viewer", "subject": "ann"}
    issuer.add_rsa_key("k2")
    door.clock.advance(60)
    assert door.me(issuer.token("k2", aud=["others", "automations"]))["owner"] == "ann"


FORGED: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda issuer: hand_made({"alg": "none", "kid": "k1"}, issuer.claims()),
    "alg None": lambda issuer: hand_made({"alg": "None", "kid": "k1"}, issuer.claims()),
    "alg none, without a key id": lambda issuer: hand_made({"alg": "none"}, issuer.claims()),
    "alg none, with a signature": lambda issuer: hand_made(
        {"alg": "none", "kid": "k1"}, issuer.claims(), lambda _: b"signature"
    ),
    "no alg": lambda issuer: hand_made({"kid": "k1"}, issuer.claims()),
    "HS256 signed with the public key": lambda issuer: hand_made(
        {"alg": "HS256", "kid": "k1"}, issuer.claims(), by_hmac(public_pem(issuer.keys["k1"]))
    ),
    "HS256 signed with the public key as it is published": lambda issuer: hand_made(
        {"alg": "HS256", "kid": "k1"}, issuer.claims(), by_hmac(json.dumps(issuer.jwks["keys"][0]).encode())
    ),
    "HS256 signed with nothing": lambda issuer: hand_made(
        {"alg": "HS256", "kid": "k1"}, issuer.claims(), by_hmac(b"")
    ),
    "another algorithm than the key's": lambda issuer: hand_made({"alg": "RS256", "kid": "k1"}, issuer.claims()),
    "another key": lambda issuer: signed_by_stranger(issuer, {"kid": "k1"}),
    "another key that comes with it": lambda issuer: signed_by_stranger(
        issuer, {"kid": "k1", "jwk": public_jwk("k1", STRANGER)}
    ),
    "another key at an address that it names": lambda issuer: signed_by_stranger(
        issuer, {"kid": "k1", "jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/certificate"}
    ),
    "unknown kid": lambda issuer: issuer.token(headers={"kid": "k9"}),
    "kid that is a path": lambda issuer: issuer.token(headers={"kid": "../../../dev/null"}),
    "kid with a NUL byte": lambda issuer: issuer.token(headers={"kid": "k1\0"}),
    "kid that is no text": lambda issuer: hand_made({"alg": "ES256", "kid": ["k1"]}, issuer.claims()),
    "critical header": lambda issuer: issuer.token(headers={"crit": ["exp"], "exp": 1}),
    "wrong aud": lambda issuer: issuer.token(aud="others"),
    "wrong auds": lambda issuer: issuer.token(aud=["others", "automations2"]),
    "aud that is a part": lambda issuer: issuer.token(aud="automation"),
    "no aud": lambda issuer: issuer.token(aud=None),
    "wrong iss": lambda issuer: issuer.token(iss="https://issuer.example"),
    "iss with a slash more": lambda issuer: issuer.token(iss=f"{issuer.url}/"),
    "no iss": lambda issuer: issuer.token(iss=None),
    "own iss": lambda issuer: issuer.token(iss="automations"),
    "expired": lambda issuer: issuer.token(exp=issuer.claims()["iat"] - LEEWAY_S - 2),
    "no exp": lambda issuer: issuer.token(exp=None),
    "exp that is true": lambda issuer: issuer.token(exp=True),
    "exp that is text": lambda issuer: issuer.token(exp="9999999999"),
    "exp that never comes": lambda issuer: issuer.token(exp=float("inf")),
    "exp that is no number": lambda issuer: issuer.token(exp=float("nan")),
    "exp that no float holds": lambda issuer: issuer.token(exp=10**400),
    "not valid yet": lambda issuer: issuer.token(nbf=issuer.claims()["iat"] + LEEWAY_S + 60),
    "issued tomorrow": lambda issuer: issuer.token(iat=issuer.claims()["iat"] + 86400),
    "changed": lambda issuer: changed(issuer.token()),
    "signature cut off": lambda issuer: issuer.token().rpartition(".")[0] + ".",
    "encrypted": lambda issuer: issuer.token() + ".e30.e30",
    "claims that are a list": lambda issuer: jwt.PyJWS().encode(b"[]", issuer.keys["k1"], "ES256", {"kid": "k1"}),
    "claims nested too deep": lambda issuer: hand_made(
        {"alg": "ES256", "kid": "k1"}, b"[" * 5000 + b"]" * 5000, lambda _: b"\0" * 64
    ),
    "no end": lambda issuer: issuer.token(said="x" * 20_000),
}


def signed_by_stranger(issuer: Issuer, header: dict[str, Any]) -> str:
    return sign(issuer.claims(), STRANGER, "k1", header)


def changed(token: str) -> str:
    head, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return f"{head}.{segment(said | {'role': 'admin'})}.{signature}"


@pytest.mark.parametrize("made", FORGED)
@pytest.mark.reliability("A30")
def test_what_the_issuer_did_not_sign_for_us_is_refused(issuer: Issuer, door: Door, made: str) -> None:
    door.refused(FORGED[made](issuer))


@pytest.mark.reliability("A30")
def test_without_a_key_id_the_only_key_counts(issuer: Issuer, door: Door) -> None:
    token = jwt.encode(issuer.claims(), issuer.keys["k1"], "ES256")  # sign() always names the key
    door.me(token)
    issuer.add_ec_key("k2")
    other = Door(issuer)
    other.refused(token)


@pytest.mark.reliability("A30")
def test_a_key_that_was_rotated_away_opens_no_more(issuer: Issuer, door: Door) -> None:
    old = issuer.token(exp=issuer.claims()["exp"] + 7200)
    door.me(old)
    issuer.rotate("k1", "k2")
    door.clock.advance(60)
    door.me(issuer.token("k2"))
    door.refused(old)


@pytest.mark.reliability("A30")
def test_the_issuers_clock_may_be_off_a_little(issuer: Issuer, door: Door) -> None:
    now_s = issuer.claims()["iat"]
    door.me(issuer.token(exp=now_s - LEEWAY_S + 5))
    door.me(issuer.token(nbf=now_s + LEEWAY_S - 5, iat=now_s + LEEWAY_S - 5))


@pytest.mark.reliability("A30")
def test_a_token_that_was_just_used_expires_all_the_same(issuer: Issuer, door: Door) -> None:
    token = issuer.token(exp=issuer.claims()["iat"] + 10)
    door.me(token)
    door.me(token)
    door.clock.advance(12 + LEEWAY_S)
    door.refused(token)


def test_an_issuer_that_is_down_is_an_outage_of_ours(issuer: Issuer, door: Door) -> None:
    issuer.failing = True
    response = door.knock(issuer.token())
    assert (response.status_code, response.json["code"]) == (503, "issuer_unavailable")
    assert response.headers["Retry-After"] == "10"
    assert "127.0.0.1" not in response.text


@pytest.mark.parametrize(
    ("claim", "claims", "owner"),
    [
        ("sub", {"sub": "auth0|5f7c8ec7c33c6c004bbafe82"}, "auth0|5f7c8ec7c33c6c004bbafe82"),
        ("tenant", {"tenant": "acme"}, "acme"),
        ("app_metadata.tenant", {"app_metadata": {"tenant": "acme"}}, "acme"),
        ("https://app.example/claims.tenant", {"https://app.example/claims.tenant": "acme"}, "acme"),
        ("https://app.example/claims.tenant", {"https://app.example/claims": {"tenant": "acme"}}, "acme"),
        ("a.b.c", {"a.b": {"c": "acme"}}, "acme"),
        ("a.b.c", {"a": {"b.c": "acme"}}, "acme"),
        ("a.b", {"a.b": "acme", "a": {"b": "other"}}, "acme"),
    ],
)
def test_the_owner_is_where_the_settings_say(
    issuer: Issuer, claim: str, claims: dict[str, Any], owner: str
) -> None:
    assert Door(issuer, owner_claim=claim).me(issuer.token(**claims))["owner"] == owner


@pytest.mark.parametrize(
    "owner",
    [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "/",
        "a\0b",
        "a\nb",
        "a\u202eb",
        "\ud800",
        "x" * 129,
        "é" * 65,
        42,
        None,
        ["ann"],
    ],
    ids=ascii,
)
@pytest.mark.reliability("A11", "A30")
def test_an_owner_that_no_folder_can_be_named_after_is_refused(issuer: Issuer, owner: object) -> None:
    Door(issuer, owner_claim="tenant").refused(issuer.token(tenant=owner))


@pytest.mark.parametrize(
    ("given", "role"),
    [
        ("editor", "editor"),
        (["viewer", "admin", "accountant"], "admin"),
        (["viewer", {"admin": True}, 7, None], "viewer"),
    ],
)
def test_of_several_roles_the_greatest_counts(issuer: Issuer, door: Door, given: object, role: str) -> None:
    assert door.me(issuer.token(role=given))["role"] == role


@pytest.mark.parametrize("given", [None, "", "Admin", "owner", "administrator", [], ["root"], {"admin": True}, 3])
def test_whoever_has_no_role_may_do_nothing(issuer: Issuer, door: Door, given: object) -> None:
    response = door.knock(issuer.token(role=given))
    assert (response.status_code, response.json["code"]) == (403, "forbidden")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    assert Door(issuer, default_role="viewer").me(issuer.token(role=given))["role"] == "viewer"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Basic YW5uOnBhc3N3b3Jk",
        "Basic !",
        "Digest username=ann",
        "Bearer a b",
        "Bearer ....",
        "Bearer a.b.c",
        "Bearer a=b, c=d",
        "Bearer " + "a" * 100_000,
        "Bearer " + "a." * 50_000,
        "Bearer é.è.ê",
        "Bearer \xff\xfe",
        "Bearer ak_",
        "Bearer ak_é_x",
        "Bearer ak_" + "0" * 20 + "_" + "0" * 43,
        "Bearer ak_../../x_y",
        "\0",
    ],
    ids=lambda header: ascii(header[:24]),
)
@pytest.mark.reliability("A30")
def test_odd_headers_are_nobodys(door: Door, header: str) -> None:
    response: Any = door.client.get("/v1/me", environ_overrides={"HTTP_AUTHORIZATION": header})
    assert (response.status_code, response.json["code"]) == (401, "unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_two_tokens_are_no_token(issuer: Issuer, door: Door) -> None:
    door.refused(f"{issuer.token()}, Bearer {issuer.token()}")
    door.refused(f"{issuer.token()} {issuer.token()}")


def test_whoever_sends_nothing_is_told_what_to_send(door: Door) -> None:
    response: Any = door.client.get("/v1/me")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "Authorization: Bearer" in response.json["detail"]


class TestKeys:
    """Machines' keys, from being made to being gone."""

    def make(self, door: Door, issuer: Issuer, status: int = 201, by: str = "admin", **asked: Any) -> Any:
        response: Any = door.client.post(
            "/v1/keys",
            json={"name": "importer", "role": "editor"} | asked,
            headers={"Authorization": f"Bearer {issuer.token(role=by)}"},
        )
        assert response.status_code == status, response.text
        if status == 201:
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Location"] == f"/v1/keys/{response.json['id']}"
        return response.json

    def listed(self, door: Door, issuer: Issuer, query: str = "") -> Any:
        return door.knock(issuer.token(role="admin"), path=f"/v1/keys{query}").json

    def delete(self, door: Door, issuer: Issuer, key_id: str) -> int:
        known = {"Authorization": f"Bearer {issuer.token(role='admin')}"}
        return door.client.delete(f"/v1/keys/{key_id}", headers=known).status_code

    def test_opens_what_its_role_may(self, issuer: Issuer, door: Door) -> None:
        made = self.make(door, issuer)
        assert door.me(made["secret"]) == {"owner": "ann", "role": "editor", "subject": f"key:{made['id']}"}
        assert door.knock(made["secret"], path="/v1/keys").status_code == 403

    def test_its_secret_is_shown_once_and_kept_nowhere(self, issuer: Issuer, door: Door) -> None:
        made = self.make(door, issuer)
        (listed,) = self.listed(door, issuer)["keys"]
        shown = door.knock(issuer.token(role="admin"), path=f"/v1/keys/{made['id']}").json
        assert listed == shown == {name: value for name, value in made.items() if name != "secret"}
        secret = made["secret"].rpartition("_")[2]
        assert len(made["secret"]) >= 43
        assert secret not in repr(vars(door.ports.documents))

    def test_one_that_was_deleted_opens_nothing(self, issuer: Issuer, door: Door) -> None:
        made = self.make(door, issuer)
        door.me(made["secret"])
        assert self.delete(door, issuer, made["id"]) == 204
        door.refused(made["secret"])
        assert self.delete(door, issuer, made["id"]) == 404
        assert self.listed(door, issuer) == {"keys": [], "next_cursor": None}

    def test_one_that_expired_opens_nothing(self, issuer: Issuer, door: Door) -> None:
        soon = (door.clock.now() + timedelta(minutes=1)).isoformat()
        made = self.make(door, issuer, expires_at=soon)
        door.me(made["secret"])
        door.clock.advance(60)
        door.refused(made["secret"])

    def test_another_secret_or_another_id_opens_nothing(self, issuer: Issuer, door: Door) -> None:
        one, other = self.make(door, issuer)["secret"], self.make(door, issuer)["secret"]
        swapped = one.rpartition("_")[0] + "_" + other.rpartition("_")[2]
        for wrong in (swapped, one[:-1], one + "A", one.upper(), one[:-1] + ("A" if one[-1] != "A" else "B")):
            door.refused(wrong)

    @pytest.mark.parametrize("role", ["viewer", "editor"])
    def test_takes_an_admin(self, issuer: Issuer, door: Door, role: str) -> None:
        self.make(door, issuer, 403, by=role)
        weak = self.make(door, issuer, role=role)
        response: Any = door.client.post(
            "/v1/keys",
            json={"name": "more", "role": "admin"},
            headers={"Authorization": f"Bearer {weak['secret']}"},
        )
        assert response.status_code == 403

    @pytest.mark.parametrize(
        "asked",
        [
            {"name": ""},
            {"name": "x" * 101},
            {"name": "a\0b"},
            {"name": "a\n"},
            {"role": "root"},
            {"role": None},
            {"expires_at": "2026-01-01T00:00:00Z"},
            {"expires_at": "2999-01-01T00:00:00"},
            {"expires_at": 5},
            {"id": "mine"},
        ],
        ids=str,
    )
    def test_wrong_ones_are_not_made(self, issuer: Issuer, door: Door, asked: dict[str, Any]) -> None:
        refused = self.make(door, issuer, 422, **asked)
        assert refused["code"] == "invalid_parameters"
        assert self.listed(door, issuer)["keys"] == []

    def test_are_listed_youngest_first_page_by_page(self, issuer: Issuer, door: Door) -> None:
        names = [f"key {number}" for number in range(5)]
        for name in names:
            door.clock.advance(1)
            self.make(door, issuer, name=name)
        found, query = [], "?limit=2"
        while True:
            page = self.listed(door, issuer, query)
            found += [key["name"] for key in page["keys"]]
            if page["next_cursor"] is None:
                break
            query = f"?limit=2&cursor={page['next_cursor']}"
        assert found == names[::-1]

    @pytest.mark.reliability("A33")
    def test_a_cursor_of_somebody_else_is_refused(self, issuer: Issuer, door: Door) -> None:
        for name in ("one", "two"):
            self.make(door, issuer, name=name)
        cursor = self.listed(door, issuer, "?limit=1")["next_cursor"]
        bens = issuer.token(sub="ben", role="admin")
        response = door.knock(bens, path=f"/v1/keys?limit=1&cursor={cursor}")
        assert (response.status_code, response.json["code"]) == (400, "bad_cursor")

    def test_two_are_never_alike(self) -> None:
        now = datetime.now(UTC)
        made = [new_key(owner="ann", name="x", role="viewer", now=now, expires_at=None) for _ in range(100)]
        assert len({key.id for key, _ in made}) == len({text for _, text in made}) == 100
