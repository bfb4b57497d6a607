"""Webhooks through the API: made, changed, tried out, followed in their log, sent again."""

from __future__ import annotations

import http.server
import json
import re
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from werkzeug.test import Client

from functions.api.app import create_app
from functions.api.document import committed_document
from functions.notify.stage import Notifier
from functions.sweep.stage import Sweeper
from shared.adapters.web import GuardedWebClient
from shared.domain.errors import TransientError
from shared.domain.webhooks import MAX_WEBHOOKS
from shared.pipeline import load_flow
from shared.ports.web_client import WebAnswer
from shared.testing.clock import ManualClock
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.loopback import LoopbackServer
from shared.testing.web_client import InMemoryWeb
from tests.api_ports import FakeApiPorts

URL = "https://hooks.example.com/automations"


class Api:
    """The API as ann's admin uses it, and the function that delivers, over the fakes."""

    def __init__(self) -> None:
        self.clock, self.web, self.bus = ManualClock(), InMemoryWeb(), InMemoryEventBus(load_flow())
        self.ports = FakeApiPorts(clock=self.clock, web=self.web, bus=self.bus)
        self.client = Client(create_app(self.ports))
        self.notifier = Notifier(self.ports, chance=lambda: 0.0)

    def ask(
        self, method: str, path: str, body: object = None, *, status: int = 200, token: str = "admin:ann"
    ) -> Any:
        """Returns the JSON that is answered with a status."""
        sent: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"Authorization": f"Bearer {token}"}
        response = self.client.open(f"/v1/webhooks{path}", method=method, headers=headers, **sent)
        assert response.status_code == status, response.text
        return response.json

    def create(self, **values: object) -> Any:
        """Makes a webhook."""
        return self.ask("POST", "", {"url": URL, **values}, status=201)

    def deliver(self) -> None:
        """Lets what was asked for be done."""
        self.bus.drain(lambda _function, delivery: self.notifier.handle(delivery))


@pytest.fixture
def api() -> Api:
    return Api()


def test_a_secret_is_shown_when_it_is_made_and_never_again(api: Api) -> None:
    made = api.create(events=["video-ready"])
    assert made["secret"].startswith("whsec_")
    shown = {name: made[name] for name in made if name not in {"secret", "previous_secret_until"}}
    assert shown["events"] == ["video-ready"]
    assert api.ask("GET", f"/{made['id']}") == shown
    assert api.ask("GET", "") == {"webhooks": [shown], "next_cursor": None}


def test_webhooks_are_listed_newest_first_up_to_a_limit(api: Api) -> None:
    made = []
    for _ in range(MAX_WEBHOOKS):
        api.clock.advance(1.0)
        made.append(api.create()["id"])
    assert [one["id"] for one in api.ask("GET", "")["webhooks"]] == made[::-1]
    assert api.ask("POST", "", {"url": URL}, status=409)["code"] == "too_many_webhooks"


def test_a_webhook_can_be_changed_switched_off_and_removed(api: Api) -> None:
    path = f"/{api.create()['id']}"
    changed = api.ask("PATCH", path, {"url": f"{URL}/2", "events": ["video-failed"]})
    assert (changed["url"], changed["events"], changed["enabled"]) == (f"{URL}/2", ["video-failed"], True)
    assert not api.ask("PATCH", path, {"enabled": False})["enabled"]
    assert api.ask("POST", f"{path}/test", status=409)["code"] == "webhook_disabled"
    assert api.ask("PATCH", path, {"enabled": True})["enabled"]
    assert api.ask("DELETE", path, status=204) is None
    assert api.ask("GET", path, status=404)["code"] == "not_found"
    assert api.ask("DELETE", path, status=404)["code"] == "not_found"
    assert api.ask("PATCH", path, {"enabled": True}, status=404)["code"] == "not_found"


@pytest.mark.reliability("A36")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost:8080/",
        "ftp://hooks.example.com/",
        "https://ann:secret@hooks.example.com/",
    ],
)
def test_a_url_that_leads_inward_is_refused_at_once(url: str) -> None:
    api = Api()
    api.client = Client(create_app(FakeApiPorts(web=GuardedWebClient())))
    for method, path in (("POST", ""), ("PATCH", f"/{api.create()['id']}")):
        refused = api.ask(method, path, {"url": url}, status=422)
        assert (refused["code"], refused["errors"][0]["field"]) == ("url_refused", "url")
    assert len(api.ask("GET", "")["webhooks"]) == 1


def test_events_that_there_are_not_are_refused(api: Api) -> None:
    refused = api.ask("POST", "", {"url": URL, "events": ["video-exploded"]}, status=422)
    assert refused["errors"][0]["field"] == "events"
    assert "video-ready" in refused["errors"][0]["detail"]


def test_a_test_event_arrives_and_is_in_the_log(api: Api) -> None:
    made = api.create()
    asked = api.ask("POST", f"/{made['id']}/test", status=202)
    assert asked["state"] == "pending"
    api.deliver()
    (sent,) = api.web.sent
    assert (sent.url, json.loads(sent.body)["type"]) == (URL, "test")
    assert sent.headers["webhook-id"] == asked["event_id"]
    signature = Verifier(made["secret"]).sign(asked["event_id"], api.clock.now(), sent.body.decode())
    assert sent.headers["webhook-signature"] == signature
    (logged,) = api.ask("GET", f"/{made['id']}/deliveries")["deliveries"]
    assert (logged["id"], logged["state"], logged["next_attempt_at"]) == (asked["id"], "delivered", None)
    assert [attempt["status"] for attempt in logged["attempts"]] == [204]


def test_the_receiver_in_the_documentation_takes_what_is_sent_and_nothing_else(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    described = json.loads(committed_document())["paths"]["/v1/webhooks"]["post"]["description"]
    (example,) = re.findall(r"```python\n(.*?)```", described, re.DOTALL)
    handlers: list[type[BaseHTTPRequestHandler]] = []

    class Caught:
        def __init__(self, _address: object, handler: type[BaseHTTPRequestHandler]) -> None:
            handlers.append(handler)

        def serve_forever(self) -> None:
            """Leaves that to a server on a free port."""

    monkeypatch.setattr(http.server, "HTTPServer", Caught)
    exec(compile(example, "receiver.py", "exec"), {"__name__": "__main__"})
    receiver = LoopbackServer(*handlers)
    receiver.start()
    web = GuardedWebClient(loopback=True)
    api.clock.jump((datetime.now(UTC) - api.clock.now()).total_seconds())
    made = api.create()
    asked = api.ask("POST", f"/{made['id']}/test", status=202)
    api.deliver()
    (sent,) = api.web.sent
    monkeypatch.setenv("WEBHOOK_SECRET", made["secret"])
    assert web.post(receiver.url, sent.body, sent.headers, timeout_s=5.0).status == 204
    assert web.post(receiver.url, sent.body + b" ", sent.headers, timeout_s=5.0).status == 401
    monkeypatch.setenv("WEBHOOK_SECRET", api.create()["secret"])
    assert web.post(receiver.url, sent.body, sent.headers, timeout_s=5.0).status == 401
    receiver.stop()
    assert capsys.readouterr().out == f"{asked['event_id']} test {{'webhook_id': '{made['id']}'}}\n"


def test_the_log_is_given_out_in_pages_newest_first_and_of_one_webhook(api: Api) -> None:
    one, other = api.create()["id"], api.create()["id"]
    asked = []
    for _ in range(5):
        api.clock.advance(1.0)
        asked.append(api.ask("POST", f"/{one}/test", status=202)["id"])
        api.ask("POST", f"/{other}/test", status=202)
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = api.ask("GET", f"/{one}/deliveries?limit=2{cursor}")
        seen += [delivery["id"] for delivery in page["deliveries"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == asked[::-1]
    first = api.ask("GET", f"/{one}/deliveries?limit=2")["next_cursor"]
    for path in (f"/{other}/deliveries?cursor={first}", f"/{one}/deliveries?cursor=x{first}"):
        assert api.ask("GET", path, status=400)["code"] == "bad_cursor"


def test_what_failed_can_be_sent_again_under_the_same_id(api: Api) -> None:
    webhook = api.create()["id"]
    api.web.answer = lambda _sent: WebAnswer(status=500, body=b"<b>out of order</b>")
    asked = api.ask("POST", f"/{webhook}/test", status=202)
    again = f"/{webhook}/deliveries/{asked['id']}/redeliver"
    api.deliver()
    assert api.ask("POST", again, status=409)["code"] == "delivery_pending"
    (logged,) = api.ask("GET", f"/{webhook}/deliveries")["deliveries"]
    assert logged["attempts"][0]["error"] == "The receiver answered 500: out of order"
    assert api.ask("GET", f"/{webhook}")["failing_since"] is not None

    api.web.answer = lambda _sent: WebAnswer(status=200)
    api.clock.advance(5.0)
    Sweeper(api.ports).run(["request_due_work"])
    api.deliver()
    assert api.ask("POST", again, status=202)["state"] == "pending"
    api.deliver()
    (logged,) = api.ask("GET", f"/{webhook}/deliveries")["deliveries"]
    assert [attempt["status"] for attempt in logged["attempts"]] == [500, 200, 200]
    assert {sent.headers["webhook-id"] for sent in api.web.sent} == {asked["event_id"]}
    assert api.ask("GET", f"/{webhook}")["failing_since"] is None

    other = api.create()["id"]
    for path in (f"/{other}/deliveries/{asked['id']}/redeliver", f"/{webhook}/deliveries/none/redeliver"):
        assert api.ask("POST", path, status=404)["code"] == "not_found"


def test_a_rotated_secret_is_new_and_the_old_one_signs_for_a_day(api: Api) -> None:
    made = api.create()
    rotated = api.ask("POST", f"/{made['id']}/rotate")
    assert rotated["secret"] != made["secret"]
    api.ask("POST", f"/{made['id']}/test", status=202)
    api.deliver()
    sent = api.web.sent[0]
    signatures = [
        Verifier(secret).sign(sent.headers["webhook-id"], api.clock.now(), sent.body.decode())
        for secret in (rotated["secret"], made["secret"])
    ]
    assert sent.headers["webhook-signature"].split() == signatures


def test_a_bus_that_is_down_only_makes_it_later(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(topic: str, message: object) -> None:
        raise TransientError("publish_failed", "Down.")

    monkeypatch.setattr(api.bus, "publish", down)
    webhook = api.create()["id"]
    assert api.ask("POST", f"/{webhook}/test", status=202)["state"] == "pending"


@pytest.mark.reliability("A31")
def test_others_webhooks_do_not_exist(api: Api) -> None:
    webhook = api.create()["id"]
    delivery = api.ask("POST", f"/{webhook}/test", status=202)["id"]
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", f"/deliveries/{delivery}/redeliver"),
    ):
        body = {"enabled": False} if method == "PATCH" else None
        refused = api.ask(method, f"/{webhook}{path}", body, status=404, token="admin:bob")
        assert refused["code"] == "not_found"
    assert api.ask("GET", "", token="admin:bob")["webhooks"] == []
    assert api.ask("GET", "", status=403, token="editor:ann")["code"] == "forbidden"
