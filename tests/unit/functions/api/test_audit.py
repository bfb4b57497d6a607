"""What the audit log keeps when a video goes while a change of it is written down."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from shared.domain.audit import AuditEntry
from shared.domain.identity import erased_id
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from tests.api_ports import FakeApiPorts


@pytest.mark.reliability("B27")
def test_an_entry_that_comes_after_the_erasure_does_not_name_the_video() -> None:
    ports = FakeApiPorts(clock=(clock := ManualClock()))
    client = Client(create_app(ports))
    video = (driver := VideoDriver(ports.repository, clock)).finish(driver.upload("ann/a/clip.mp4"))
    url, headers = f"/v1/videos/{video.id}", {"Authorization": "Bearer admin:ann"}
    documents: Any = ports.documents
    update = documents.update

    def late(kind: type[Any], *asked: Any, **more: Any) -> Any:
        if kind is AuditEntry:
            documents.update = update
            assert client.delete(url, headers=headers).status_code == 200
        return update(kind, *asked, **more)

    documents.update = late
    assert client.patch(url, json={"title": "Sea"}, headers=headers).status_code == 200

    assert [one.target for one in documents.owned(AuditEntry, owner="ann")] == [erased_id(video.id)]
