"""Every operation, asked by everybody who must not be answered, and by those who must: as its policy says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from functions.api.app import create_app
from functions.api.dispatch import Dispatcher
from functions.api.operation import Nothing, Operation
from shared.adapters.sql.tables import documents
from shared.domain.principal import ROLES, Role
from tests.api_ports import FakeApiPorts
from tests.functional.estate import OPERATIONS, Estate, sample_body
from tests.oidc_issuer import Issuer, sign

ROLE_NEEDED = [name for name, operation in OPERATIONS.items() if operation.allow in ROLES]
OPEN = [name for name, operation in OPERATIONS.items() if operation.allow == "anybody"]
WITH_BODY = [name for name, operation in OPERATIONS.items() if operation.body is not Nothing]
NOT_FOR_CALLERS = {
    "owner": "ben",
    "status": "ready",
    "object": "videos/x",
    "object_name": "ben/x",
    "bucket": "media",
}

STRANGERS: dict[str, Callable[[Issuer], str | None]] = {
    "none": lambda _issuer: None,
    "malformed": lambda _issuer: "nonsense",
    "forged": lambda issuer: sign(issuer.claims(), ec.generate_private_key(ec.SECP256R1()), "k1"),
    "expired": lambda issuer: issuer.token(role="admin", exp=issuer.claims()["iat"] - 3600),
}


@pytest.fixture(scope="module")
def oidc() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.server.start()
    yield issuer
    issuer.server.stop()


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, oidc: Issuer) -> Estate:
    """One for all who are refused: nothing of ann's changes."""
    made = Estate(tmp_path_factory.mktemp("estate"), oidc)
    for operation in OPERATIONS.values():
        made.url(operation)  # so that there is something of every kind
    return made


@pytest.fixture(autouse=True)
def _ann_keeps_what_she_has(request: pytest.FixtureRequest) -> Iterator[None]:
    if "estate" not in request.fixturenames:
        yield
        return
    estate: Estate = request.getfixturevalue("estate")
    before = belongings(estate)
    yield
    assert belongings(estate) == before


def belongings(estate: Estate) -> tuple[object, ...]:
    """Returns all that ann has."""
    with estate.wiring._database.reading() as connection:
        hers = connection.execute(select(documents).where(documents.c.owner == "ann").order_by(documents.c.id))
        return estate.wiring.repository.get(estate.video.id), *hers


def undeclared(app: Dispatcher) -> set[tuple[str, str]]:
    """Returns what the API answers to that is no operation, and so has no policy."""
    declared = {(operation.rule, operation.method) for operation in OPERATIONS.values()}
    answered = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    implied = {(rule, "HEAD") for rule, method in declared if method == "GET"}
    return {(rule, method) for rule, method in answered - declared - implied if method != "OPTIONS"}


def test_every_rule_has_a_policy(estate: Estate) -> None:
    assert undeclared(estate.app) == set()


def test_a_rule_without_a_policy_is_found() -> None:
    app = create_app(FakeApiPorts())
    app.url_map.add(Rule("/v1/backdoor/<video_id>", methods=["DELETE"], endpoint="backdoor"))
    assert undeclared(app) == {("/v1/backdoor/<video_id>", "DELETE")}


@pytest.mark.parametrize("name", ROLE_NEEDED)
@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.reliability("A30")
def test_strangers_are_refused(estate: Estate, oidc: Issuer, name: str, stranger: str) -> None:
    response = estate.ask(OPERATIONS[name], STRANGERS[stranger](oidc))
    assert (response.status_code, code_of(response)) == (401, "unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", OPEN)
def test_what_anybody_may_see_needs_no_token(estate: Estate, oidc: Issuer, name: str) -> None:
    for stranger in STRANGERS.values():
        assert estate.ask(OPERATIONS[name], stranger(oidc)).status_code < 400


@pytest.mark.parametrize("name", ROLE_NEEDED)
def test_roles_below_are_refused(estate: Estate, name: str) -> None:
    for role in below(OPERATIONS[name]):
        response = estate.ask(OPERATIONS[name], estate.token("ann", role))
        assert (response.status_code, code_of(response)) == (403, "forbidden")


@pytest.mark.parametrize("name", ROLE_NEEDED)
@pytest.mark.reliability("A31")
def test_others_find_nothing(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    bens = estate.token("ben", "admin")
    response = estate.ask(operation, bens)
    if "<" in operation.rule:
        assert (response.status_code, code_of(response)) == (404, "not_found")
    else:
        assert response.status_code < 400, response.text
        assert_not_anns(estate, response)


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.reliability("A31")
def test_others_things_can_not_be_named_in_a_body(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    for field in msgspec.structs.fields(operation.body):
        if estate.known(field.encode_name):
            body = sample_body(operation) | {field.encode_name: estate.id_of(field.encode_name)}
            assert estate.ask(operation, estate.token("ben", "admin"), body=body).status_code == 404


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.reliability("A32")
def test_a_body_can_not_set_what_is_not_the_callers_to_say(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    own = {field.encode_name for field in msgspec.structs.fields(operation.body)}
    assert own.isdisjoint(NOT_FOR_CALLERS)
    for field, value in NOT_FOR_CALLERS.items():
        response = estate.ask(
            operation, estate.token("ann", "admin"), body=sample_body(operation) | {field: value}
        )
        assert (response.status_code, code_of(response)) == (422, "invalid_parameters")


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.reliability("A32")
def test_a_query_can_not_name_an_owner(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    url = estate.url(operation)
    named = f"{url}{'&' if '?' in url else '?'}owner=ben"
    response = estate.ask(operation, estate.token("ann", "admin"), url=named)
    assert (response.status_code, code_of(response)) == (422, "invalid_parameters")


@pytest.mark.parametrize("name", ROLE_NEEDED)
def test_whoever_may_is_answered(tmp_path: Path, oidc: Issuer, name: str) -> None:
    operation = OPERATIONS[name]
    for role in ROLES[ROLES.index(cast("Role", operation.allow)) :]:
        estate = Estate(tmp_path / role, oidc)
        response = estate.ask(operation, estate.token("ann", role))
        # A conflict with how things stand, and a precondition that was not sent, come after the policy.
        assert response.status_code < 400 or response.status_code in {409, 412, 428}, response.text
        response.close()


def test_a_link_opens_its_file_to_anybody_and_nothing_else(estate: Estate) -> None:
    link = estate.media_url
    client = estate.library.client
    assert client.get(link).status_code in {200, 302}
    path, _, query = link.partition("?")
    for other in (path, f"{path}?expires=9999999999&signature=x", f"{path}x?{query}"):
        assert client.get(other).status_code in {403, 422}
    token = {"Authorization": f"Bearer {estate.token('ann', 'admin')}"}
    assert client.get(f"{path}?expires=9999999999&signature=x", headers=token).status_code == 403


def below(operation: Operation[Any, Any]) -> tuple[Role, ...]:
    return ROLES[: ROLES.index(cast("Role", operation.allow))]


def code_of(response: TestResponse) -> str:
    problem: Any = response.json
    return str(problem["code"])


def assert_not_anns(estate: Estate, response: TestResponse) -> None:
    if response.mimetype == "text/event-stream":
        response.close()  # it has no end
        return
    answered = response.text
    for hers in (estate.video.id, estate.id_of("key_id"), '"ann"', "ann/"):
        assert hers not in answered
