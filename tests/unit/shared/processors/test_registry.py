"""Strategies are found by name, built-in or installed, and a missing one is said at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import pytest

from shared.domain.encoding import EncodingSettings, Look
from shared.domain.errors import ConfigurationError
from shared.domain.media import MediaInfo
from shared.processors.ladder import Ladder, LadderPlanner
from shared.processors.registry import Registry
from shared.processors.strategy import StrategyPorts

GROUP = "automations.ladders"
PORTS = cast("StrategyPorts", object())

PLUGIN = """
from shared.processors.ladder import LadderPlanner

class Other(LadderPlanner):
    def plan(self, media, look, settings):
        return None

class NoPlanner:
    pass

class Unfinished(LadderPlanner):
    pass
"""


class Builtin(LadderPlanner):
    """A ladder of nothing, which keeps what it was built with."""

    def __init__(self, ports: StrategyPorts) -> None:
        super().__init__(ports)
        self.ports = ports

    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        return Ladder(rungs=())


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry[LadderPlanner]:
    module = cast("Any", type(sys)("builtin_ladders"))
    module.Builtin = Builtin
    monkeypatch.setitem(sys.modules, "builtin_ladders", module)
    return Registry(
        GROUP,
        LadderPlanner,  # type: ignore[type-abstract]  # the registry only checks against it
        {
            "standard": "builtin_ladders:Builtin",
            "no_module": "no_such_module:Builtin",
            "no_class": "builtin_ladders:Missing",
        },
    )


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package on the path with three entry points."""
    (tmp_path / "outside_ladders.py").write_text(PLUGIN)
    (tmp_path / "outside_typo.py").write_text("class Other(:")
    info = tmp_path / "outside_ladders-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-ladders\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\n"
        "other = outside_ladders:Other\n"
        "standard = outside_ladders:Other\n"
        "wrong = outside_ladders:NoPlanner\n"
        "broken = outside_ladders:Missing\n"
        "unfinished = outside_ladders:Unfinished\n"
        "typo = outside_typo:Other\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_builtin_is_built_with_its_ports(registry: Registry[LadderPlanner]) -> None:
    strategy = registry.create("standard", PORTS)

    assert isinstance(strategy, Builtin)
    assert strategy.ports is PORTS


@pytest.mark.usefixtures("installed")
def test_a_packages_strategy_is_found(registry: Registry[LadderPlanner]) -> None:
    assert type(registry.create("other", PORTS)).__module__ == "outside_ladders"
    assert registry.names() == (
        "broken",
        "no_class",
        "no_module",
        "other",
        "standard",
        "typo",
        "unfinished",
        "wrong",
    )


@pytest.mark.usefixtures("installed")
def test_a_package_cant_take_over_a_builtin(registry: Registry[LadderPlanner]) -> None:
    assert isinstance(registry.create("standard", PORTS), Builtin)


def test_an_unknown_name_is_refused_with_the_known_ones(registry: Registry[LadderPlanner]) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown_plugin.*'x'.*no_class, no_module, standard"):
        registry.create("x", PORTS)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["no_module", "no_class", "wrong", "broken", "unfinished", "typo"])
def test_a_strategy_that_is_none_is_refused(registry: Registry[LadderPlanner], name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"bad_plugin.*'{name}'"):
        registry.create(name, PORTS)
