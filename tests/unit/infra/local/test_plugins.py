"""`automations plugins` tells of what is selected, also if it is not there."""

from __future__ import annotations

import json

import pytest
import typer

from infra.local.plugins import plugins


def test_one_that_is_selected_and_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOMATIONS_TAGGERS", "keywords,foo")
    with pytest.raises(typer.Exit) as ended:
        plugins(as_json=True)
    (missing,) = [one for one in json.loads(capsys.readouterr().out) if one["name"] == "foo"]
    assert (missing["kind"], missing["selected"], missing["package"]) == ("tagger", True, "")
    assert "There is no 'foo' in automations.taggers; there are" in missing["problem"]
    assert ended.value.exit_code == 1
