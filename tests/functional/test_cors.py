"""Which web pages may use the API from a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from shared.domain.errors import ConfigurationError
from shared.environment import load_settings
from shared.settings import Settings
from tests.api_ports import FakeApiPorts

APP = "https://app.example.com"
STUDIO = "http://localhost:5173"
ANN = "Bearer viewer:ann"
STRANGERS = [
    "null",
    "*",
    "",
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://evilapp.example.com",
    "https://x.app.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com/",
    "HTTPS://APP.EXAMPLE.COM",
    "https://app.example.com https://evil.example",
    "http://localhost",
]


@pytest.fixture
def client() -> Client:
    return Client(create_app(FakeApiPorts(settings=Settings(cors_origins=(APP, STUDIO)))))


def preflight(client: Client, origin: str, path: str = "/v1/videos") -> TestResponse:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,last-event-id",
    }
    return client.options(path, headers=asked)


def allowed(response: TestResponse) -> list[str]:
    return [name for name, _ in response.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("origin", [APP, STUDIO])
def test_a_page_of_a_known_origin_may_read(client: Client, origin: str) -> None:
    response = client.get("/v1/videos", headers={"Origin": origin, "Authorization": ANN})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == origin
    exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Location", "Retry-After", "X-Request-Id"} <= set(exposed)
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/videos/v1", "/v1/keys", "/media/videos/v1/x", "/nowhere"])
def test_browsers_ask_first_and_without_a_token(client: Client, path: str) -> None:
    response = preflight(client, APP, path)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == APP
    assert set(response.headers["Access-Control-Allow-Methods"].split(", ")) >= {"GET", "PUT", "PATCH", "DELETE"}
    taken = {name.lower() for name in response.headers["Access-Control-Allow-Headers"].split(", ")}
    assert taken >= {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key"}
    assert taken >= {"last-event-id", "x-request-id"}
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize("origin", STRANGERS)
@pytest.mark.reliability("A34")
def test_pages_of_other_origins_may_not(client: Client, origin: str) -> None:
    read = client.get("/v1/videos", headers={"Origin": origin, "Authorization": ANN})
    for response in (read, preflight(client, origin)):
        assert allowed(response) == []
        assert "Origin" in response.headers["Vary"]  # or a cache would give them what a known page got


@pytest.mark.parametrize(
    "broken",
    [
        lambda client: client.get("/v1/videos", headers={"Origin": APP}),
        lambda client: client.get("/nowhere", headers={"Origin": APP}),
        lambda client: client.get("/v1/videos?limit=0", headers={"Origin": APP, "Authorization": ANN}),
        lambda client: client.post("/v1/videos/x", headers={"Origin": APP}),
    ],
)
def test_a_page_can_read_what_is_wrong(client: Client, broken: Callable[[Client], TestResponse]) -> None:
    response = broken(client)
    assert response.status_code in {401, 404, 405, 422}
    assert response.headers["Access-Control-Allow-Origin"] == APP


@pytest.mark.reliability("A34")
def test_without_settings_no_page_may() -> None:
    client = Client(create_app(FakeApiPorts()))
    for origin in (APP, "null"):
        assert allowed(client.get("/v1/videos", headers={"Origin": origin, "Authorization": ANN})) == []
        assert allowed(preflight(client, origin)) == []


@pytest.mark.parametrize(
    "origins", ["*", "null", f"{APP},null", f"{APP}/", "app.example.com", "https://*.example.com"]
)
@pytest.mark.reliability("A34")
def test_what_is_no_origin_can_not_be_set(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    monkeypatch.setenv("AUTOMATIONS_CORS_ORIGINS", origins)
    with pytest.raises(ConfigurationError, match="AUTOMATIONS_CORS_ORIGINS"):
        load_settings()
