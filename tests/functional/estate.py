"""A deployment where ann has one of everything, for ben to ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from werkzeug.routing import Map, Rule
from werkzeug.test import Client, TestResponse

from functions.api import console_files
from functions.api.app import create_app, operations
from functions.api.operation import Nothing, Operation
from shared.bootstrap import Bootstrap
from shared.domain.principal import Role
from shared.domain.video import Video
from shared.settings import AuthSettings, Settings
from shared.testing.driver import VideoDriver
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library
from tests.oidc_issuer import Issuer

__all__ = ["FIELDS", "OPERATIONS", "Estate", "sample_body"]

OPERATIONS: Final[Mapping[str, Operation[Any, Any]]] = {one.name: one for one in operations(FakeApiPorts())}
"""Everything that the API does, by name."""

FIELDS: Final[Mapping[str, Any]] = {
    "expires": "9999999999",
    "label": "train",
    "name": "clip.mp4",
    "q": "train",
    "role": "viewer",
    "segment": "0-1",
    "signature": "made-up",
    "size_bytes": 1000,
    "url": "https://files.example/clip.mp4",
}
"""What fields and parameters that have to be given may be."""


class Estate:
    """The embedded deployment with the tokens of an issuer. Ann's things are made when they are asked for.

    Args:
        folder: Where it keeps everything.
        issuer: Whose tokens it takes.
    """

    def __init__(self, folder: Path, issuer: Issuer) -> None:
        settings = Settings(data_dir=folder / "data", auth=AuthSettings(issuer=issuer.url), log_level="error")
        self.wiring = Bootstrap(settings)
        self.app = create_app(self.wiring)
        self.library = Library(
            client=Client(self.app),
            token=lambda owner, role: issuer.token(sub=owner, role=role),
            driver=VideoDriver(self.wiring.repository),
            blobs=self.wiring.blobs,
            folder=folder,
        )
        self._ids: dict[str, str] = {}
        # Parameter of a path -> what names something of ann's; with the tag of operations, for these alone. What
        # is not in here fails the tests.
        self._makers: dict[str, Callable[[], str]] = {
            "release": console_files.release,
            "console.name": lambda: "icon.svg",
            "video_id": lambda: self.video.id,
            "label": lambda: "train",
            "name": lambda: self.media_url.removeprefix("/media/").partition("?")[0],
            "key_id": lambda: self._make("/v1/keys", {"name": "importer", "role": "viewer"}),
            "upload_id": lambda: self._make("/v1/uploads", {"name": "clip.mp4", "size_bytes": 1000}),
            "import_id": lambda: self._make("/v1/imports", {"url": "https://files.example/clip.mp4"}),
            "webhook_id": lambda: self._make("/v1/webhooks", {"url": "https://hooks.example/automations"}),
            "delivery_id": lambda: self._make(f"/v1/webhooks/{self.id_of('webhook_id')}/test", {}),
            "clip_id": lambda: self._make(f"/v1/videos/{self.id_of('video_id')}/clips", {"segment": "0-1"}),
            "export_id": lambda: self._make("/v1/exports", {}),
        }

    @cached_property
    def video(self) -> Video:
        """Ann's finished video."""
        return self.library.add_finished("ann/clip.mp4")

    @cached_property
    def media_url(self) -> str:
        """A link to one of its files."""
        (rendition,) = self.library.get(f"/v1/videos/{self.video.id}/renditions")["renditions"]
        url: str = rendition["url"]
        return url

    def id_of(self, parameter: str, tag: str = "") -> str:
        """Returns what names ann's thing in a path or a body."""
        if f"{tag}.{parameter}" in self._makers:
            parameter = f"{tag}.{parameter}"
        if parameter not in self._makers:
            pytest.fail(f"say in tests/functional/estate.py what of ann's {parameter!r} names in a path")
        if parameter not in self._ids:
            self._ids[parameter] = self._makers[parameter]()
        return self._ids[parameter]

    def known(self, parameter: str) -> bool:
        """Tells whether a name is that of an id."""
        return parameter in self._makers and parameter.endswith("_id")

    def url(self, operation: Operation[Any, Any]) -> str:
        """Returns the address of an operation on ann's things, with the parameters that it needs."""
        (rule,) = Map([Rule(operation.rule, endpoint="asked")]).iter_rules()
        path = {parameter: self.id_of(parameter, operation.tag) for parameter in rule.arguments}
        asked = path | _samples(operation, operation.query)
        return rule.map.bind("localhost").build("asked", asked)

    def ask(
        self,
        operation: Operation[Any, Any],
        token: str | None,
        *,
        body: Mapping[str, Any] | None = None,
        url: str | None = None,
    ) -> TestResponse:
        """Sends an operation on ann's things with somebody's token, and returns what is answered."""
        sent: dict[str, Any] = {} if operation.body is Nothing else {"json": body or sample_body(operation)}
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        address = url or self.url(operation)
        return self.library.client.open(address, method=operation.method, headers=headers, **sent)

    def token(self, owner: str, role: Role) -> str:
        """Returns a token of the issuer."""
        return self.library.token(owner, role)

    def _make(self, url: str, asked: Mapping[str, Any]) -> str:
        response = self.library.ask(url, method="POST", role="admin", json=asked)
        assert response.status_code < 300, f"{url}: {response.text}"
        made: Any = response.json
        return str(made["id"])


def sample_body(operation: Operation[Any, Any]) -> dict[str, Any]:
    """Returns the least that an operation takes for a body."""
    return _samples(operation, operation.body)


def _samples(operation: Operation[Any, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    required = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    for name in required:
        if name not in FIELDS:
            pytest.fail(f"say in tests/functional/estate.py what {name!r} of {operation.name} may be")
    return {name: FIELDS[name] for name in required}
