"""Strategies are found by name, built-in or installed, and a missing one is said at once."""

from __future__ import annotations

import shutil
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
    name = "other"
    version = "7"
    def plan(self, media, look, settings):
        return None

class Second(Other):
    name = "second"

class Misnamed(Other):
    pass

class Unversioned(Other):
    name = "unversioned"
    version = ""

class Greedy(Other):
    name = "greedy"
    inputs = frozenset({"look", "passwords"})

class Listing(Other):
    name = "listing"
    inputs = ["look"]

class NoPlanner:
    pass

class Unfinished(LadderPlanner):
    name = "unfinished"
    version = "1"
"""


class Builtin(LadderPlanner):
    """A ladder of nothing, which keeps what it was built with."""

    name = "standard"
    version = "1"

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
    (tmp_path / "outside_exiting.py").write_text("raise SystemExit(3)")
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
        "misnamed = outside_ladders:Misnamed\n"
        "unversioned = outside_ladders:Unversioned\n"
        "greedy = outside_ladders:Greedy\n"
        "listing = outside_ladders:Listing\n"
        "exiting = outside_exiting:Other\n"
    )
    for package in ("one", "two"):
        info = tmp_path / f"{package}-2.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\nsecond = outside_ladders:Second\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_builtin_is_built_with_its_ports(registry: Registry[LadderPlanner]) -> None:
    strategy = registry.create("standard", PORTS)

    assert isinstance(strategy, Builtin)
    assert strategy.ports is PORTS


@pytest.mark.usefixtures("installed")
def test_a_packages_strategy_is_found(registry: Registry[LadderPlanner]) -> None:
    strategy = registry.create("other", PORTS)
    assert type(strategy).__module__ == "outside_ladders"
    assert strategy.package == "outside-ladders 1.0"
    assert registry.names() == (
        "broken",
        "exiting",
        "greedy",
        "listing",
        "misnamed",
        "no_class",
        "no_module",
        "other",
        "second",
        "standard",
        "typo",
        "unfinished",
        "unversioned",
        "wrong",
    )


@pytest.mark.usefixtures("installed")
def test_a_package_cant_take_over_a_builtin(registry: Registry[LadderPlanner]) -> None:
    strategy = registry.create("standard", PORTS)
    assert isinstance(strategy, Builtin)
    assert strategy.package == ""


@pytest.mark.usefixtures("installed")
def test_a_name_that_two_packages_bring_is_refused_where_it_is_selected(registry: Registry[LadderPlanner]) -> None:
    with pytest.raises(ConfigurationError, match=r"ambiguous_plugin.*'second'.*one 2\.0 and in two 2\.0"):
        registry.check("second")
    with pytest.raises(ConfigurationError, match="ambiguous_plugin"):
        registry.create("second", PORTS)
    registry.check("other")


@pytest.mark.usefixtures("installed")
def test_a_package_that_is_found_twice_is_no_other(
    registry: Registry[LadderPlanner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(shutil.copytree(tmp_path, tmp_path / "again", ignore=lambda *_: ["again"]))
    assert registry.create("other", PORTS).package == "outside-ladders 1.0"


@pytest.mark.usefixtures("installed")
def test_everything_is_listed_and_what_is_wrong_with_it(registry: Registry[LadderPlanner]) -> None:
    listed = {(one.name, one.package): one for one in registry.listed()}

    assert {one.kind for one in listed.values()} == {"ladder"}
    fine = listed["other", "outside-ladders 1.0"]
    assert (fine.version, fine.problem, fine.hidden) == ("7", "", False)
    assert listed["standard", "automations"].problem == ""
    hidden = listed["standard", "outside-ladders 1.0"]
    assert (hidden.hidden, hidden.problem) == (
        True,
        "There is a 'standard' of the product, which is used instead.",
    )
    assert "can't be imported: SyntaxError" in listed["typo", "outside-ladders 1.0"].problem
    assert "one 2.0 and in two 2.0" in listed["second", "two 2.0"].problem
    assert len(listed) == 3 + 11 + 2


def test_an_unknown_name_is_refused_with_the_known_ones(registry: Registry[LadderPlanner]) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown_plugin.*'x'.*no_class, no_module, standard"):
        registry.create("x", PORTS)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_module", "can't be imported"),
        ("no_class", "can't be imported"),
        ("wrong", "from outside-ladders 1.0 must be a class that extends LadderPlanner"),
        ("broken", "can't be imported"),
        ("unfinished", "can't be built"),
        ("typo", "can't be imported"),
        ("misnamed", "must have the name of its entry point"),
        ("unversioned", "must have a version"),
        ("greedy", "asks for passwords; there are look"),
        ("listing", "must have a set of inputs and Limits"),
        ("exiting", "can't be imported: SystemExit"),
    ],
)
def test_a_strategy_that_is_none_is_refused(registry: Registry[LadderPlanner], name: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"bad_plugin.*'{name}'.*{why}"):
        registry.create(name, PORTS)
