"""What calls what is found: through protocols, attributes, names in texts and names made at run time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infrastructure.call_graph import CallGraph

SAMPLE = {
    "shared/ports.py": """
from typing import Protocol
class Store(Protocol):
    def get(self) -> None: ...
    def put(self) -> None: ...
class Step(Protocol):
    def run(self) -> None: ...
""",
    "shared/steps.py": """
import vendor
from shared.ports import Store
class Reading:
    def __init__(self, store: Store) -> None:
        self._client = vendor.Client()
        self._again = (lambda step: step)(self._read)
    def run(self) -> None:
        self._again()
    def _read(self) -> None:
        store: Store = self._client.store()
        store.get()
class Writing:
    def run(self) -> None:
        store: Store = vendor.store()
        store.put()
""",
    "functions/direct.py": """
from shared.ports import Step, Store
from shared.steps import Reading
def _made(store: Store) -> Step:
    return Reading(store)
def direct(store: Store) -> None:
    _made(store).run()
""",
    "functions/named.py": """
from typing import Any
STEPS = {"w": "shared.steps:Writing"}
class Chooser:
    def first(self) -> None: ...
    def second(self) -> None:
        self.third()
    def third(self) -> None:
        from shared.steps import Reading
        Reading.run
def named(step: str) -> None:
    getattr(Chooser(), step)()
""",
    "shared/kit/__init__.py": "from shared.steps import Writing as Writer\n",
    "functions/packaged.py": """
from shared.ports import Step
def _made() -> Step:
    from shared.kit import Writer
    return Writer()
def packaged() -> None:
    _made().run()
""",
    "functions/idle.py": "def idle() -> None: ...\n",
}


@pytest.fixture
def graph(tmp_path: Path) -> CallGraph:
    for name, text in SAMPLE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    modules = [name.removesuffix(".py").replace("/", ".") for name in SAMPLE if "__init__" not in name]
    return CallGraph(modules, {"shared.ports.Store"}, root=tmp_path)


def test_a_protocols_implementation_that_is_made(graph: CallGraph) -> None:
    calls = {(call.receiver, call.method) for call in graph.calls_from("functions.direct.direct")}
    assert ("shared.ports.Store", "get") in calls
    assert ("shared.ports.Store", "put") not in calls


def test_calls_of_somebody_elses_package(graph: CallGraph) -> None:
    calls = {(call.receiver, call.method) for call in graph.calls_from("functions.direct.direct")}
    assert {("", "Client"), ("", "store")} <= calls


def test_what_is_named_in_a_text_or_at_run_time(graph: CallGraph) -> None:
    reached = graph.reached("functions.named.named")
    assert {"shared.steps.Writing", "functions.named.Chooser.third"} <= reached


def test_what_a_package_hands_on_by_another_name(graph: CallGraph) -> None:
    assert "shared.steps.Writing.run" in graph.reached("functions.packaged.packaged")


def test_nothing_else(graph: CallGraph) -> None:
    assert graph.calls_from("functions.idle.idle") == frozenset()
