"""What a function can come to import, read from the source: also what is only imported where it is used.

Everything is behind shared/bootstrap, which imports an adapter where a part is built. So of it only those parts
count that the function's code names; what they are for decides the deployment's settings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["reached_modules"]

ROOT = Path(__file__).parents[2]
OURS = ("functions", "shared")
BOOTSTRAP = "shared.bootstrap"
STRATEGY = re.compile(r"functions(\.\w+)+:\w+")
"""How registries name what they load."""


def reached_modules(function: str) -> set[str]:
    """Returns the modules, ours and others', that a function's process may import under some settings."""
    reached: set[str] = set()
    parts = {"__init__"}
    while True:
        before = len(reached), len(parts)
        for module in _followed({f"functions.{function}.main", *_imports_of_parts(frozenset(parts))}):
            reached.add(module)
            if module.startswith(("functions.", "shared.runtime.")):
                parts |= _attributes(module) & set(_parts())
        if (len(reached), len(parts)) == before:
            return reached


def _followed(begin: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = set(begin)
    while waiting:
        module = waiting.pop()
        seen.add(module)
        if _is_ours(module):
            waiting |= _imports(module) - seen
    return seen


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in OURS


@cache
def _imports(module: str) -> set[str]:
    """Returns what a module of ours imports anywhere; one of bootstrap's, what it imports itself."""
    tree = _tree(module)
    if tree is None:
        return set()
    body: ast.AST = tree
    if module in _composition():
        body = ast.Module([node for node in tree.body if not isinstance(node, ast.ClassDef)], [])
    return set(_imported(body))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            yield node.module
            yield from (
                f"{node.module}.{name.name}" for name in node.names if _may_be_module(node.module, name.name)
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and STRATEGY.fullmatch(node.value):
            yield node.value.partition(":")[0]
        yield from _imported(node)


def _may_be_module(package: str, name: str) -> bool:
    """Tells whether a name imported from a package may be a module; others' classes are told by their case."""
    module = f"{package}.{name}"
    return _tree(module) is not None if _is_ours(package) else name.islower()


@cache
def _tree(module: str) -> ast.Module | None:
    path = ROOT.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if _is_ours(module) and file.is_file():
            return ast.parse(file.read_text())
    return None


@cache
def _composition() -> frozenset[str]:
    """Returns the modules of the composition root."""
    files = ROOT.joinpath(*BOOTSTRAP.split(".")).glob("*.py")
    return frozenset(f"{BOOTSTRAP}.{file.stem}".removesuffix(".__init__") for file in files)


@cache
def _parts() -> dict[str, ast.AST]:
    """Returns the members of the composition root, by their names."""
    trees = (_tree(module) for module in _composition())
    classes = (node for tree in trees if tree for node in tree.body if isinstance(node, ast.ClassDef))
    members = [node for one in classes for node in one.body if isinstance(node, ast.FunctionDef)]
    parts: dict[str, ast.AST] = {node.name: node for node in members}
    assert len(parts) == len(members), "two parts of one name can't be told apart"
    return parts


def _imports_of_parts(names: frozenset[str]) -> set[str]:
    """Returns what parts of the composition root import, and the parts that they are made of."""
    known = _parts()
    seen: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        seen.add(name)
        own = (node for node in ast.walk(known[name]) if isinstance(node, ast.Attribute))
        waiting |= {node.attr for node in own if ast.unparse(node.value) == "self"} & set(known) - seen
    return {module for name in seen for module in _imported(known[name])}


@cache
def _attributes(module: str) -> set[str]:
    tree = _tree(module)
    attributes = (node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.Attribute))
    return {node.attr for node in attributes if not ast.unparse(node.value).endswith("settings")}
