"""Tokens for whoever sits at the machine, where the deployment is its own issuer."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.token import console_link, new_token
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.settings import AuthSettings, Settings

URL = "http://127.0.0.1:8080"


def test_the_link_to_the_console_opens_it(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path))
    page, _, token = console_link(wiring, URL).partition("#token=")
    assert page == f"{URL}/"
    principal = wiring.authenticator.principal(token)
    assert (principal.owner, principal.role) == ("local", "admin")


def test_tokens_work_for_as_long_as_the_folder_keeps_its_key(tmp_path: Path) -> None:
    token = new_token(Bootstrap(Settings(data_dir=tmp_path)), owner="ann", role="viewer", hours=1)
    assert Bootstrap(Settings(data_dir=tmp_path)).authenticator.principal(token).owner == "ann"


def test_another_issuers_tokens_are_not_made_here(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path, auth=AuthSettings(issuer="https://issuer.example")))
    with pytest.raises(ConfigurationError, match=r"not_the_issuer.*https://issuer\.example"):
        new_token(wiring, owner="ann", role="viewer", hours=1)
    assert console_link(wiring, URL) == f"{URL}/"
