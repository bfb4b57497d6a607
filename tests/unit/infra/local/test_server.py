"""The API's server on this machine, before anything is asked of it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from infra.local.server import ApiServer
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.settings import Settings


def test_a_port_in_use_is_told_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Can't listen on 127.0.0.1:{port}"):
            ApiServer(Bootstrap(Settings(data_dir=tmp_path)), "127.0.0.1", port)
    assert capfd.readouterr() == ("", "")
