"""What a module's functions and classes refer to, by its text and mypy's types."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mypy import nodes, types

__all__ = ["ANY_METHOD", "MethodCall", "Scope", "ScopeReader"]

ANY_METHOD: Final = "*"
_NAMED_CLASS: Final = re.compile(r"((?:functions|shared)\.[\w.]+):(\w+)")
_NOT_REGISTERING: Final = {"cache", "cached_property", "classmethod", "contextmanager", "dataclass", "property"}
"""Decorators that hand a function to nobody who might call it."""


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A method that is called, or handed over to be.

    Attributes:
        caller: Full name of the function that does it; what it contains counts as it.
        receiver: Full name of the class it is called on; empty for one of somebody else's package.
        method: Its name.
    """

    caller: str
    receiver: str
    method: str


@dataclass
class Scope:
    """A function, a class's body or a module's.

    Attributes:
        refers_to: Full names of functions, classes and modules.
        calls: Methods.
    """

    refers_to: set[str] = field(default_factory=set)
    calls: set[MethodCall] = field(default_factory=set)


class ScopeReader(ast.NodeVisitor):
    """Notes for one module which scope refers to what.

    Args:
        tree: The module.
        known: Expression -> type.
        classes: Full name -> class; those of the module are added.

    Attributes:
        scopes: Full name -> scope.
    """

    def __init__(
        self,
        tree: nodes.MypyFile,
        known: Mapping[nodes.Expression, types.Type],
        classes: dict[str, nodes.TypeInfo],
    ) -> None:
        self._tree = tree
        self._types = {(one.line, one.column, one.end_line, one.end_column): kind for one, kind in known.items()}
        self._classes = classes
        self._place = tree.fullname
        self.scopes = {self._place: Scope()}

    @property
    def _scope(self) -> Scope:
        return self.scopes[self._place]

    def visit_Import(self, node: ast.Import) -> None:
        self._scope.refers_to |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._scope.refers_to.add(node.module or "")
        if self._place != self._tree.fullname:  # a module refers to what it imports where it uses it
            self._scope.refers_to |= {f"{node.module}.{alias.name}" for alias in node.names}
            return
        for alias in node.names:  # by which others may import it in turn
            name = f"{self._place}.{alias.asname or alias.name}"
            self.scopes.setdefault(name, Scope()).refers_to.add(f"{node.module}.{alias.name}")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._declared(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._declared(node)

    def _declared(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        around, name = self._place, f"{self._place}.{node.name}"
        in_function = around != self._tree.fullname and around not in self._classes
        if not in_function:  # what a function contains is a part of it
            self._place = name
            self.scopes.setdefault(name, Scope())
            if isinstance(node, ast.ClassDef):
                self._classes[name] = self._info(name)
            elif not all(_name(decorator) in _NOT_REGISTERING for decorator in node.decorator_list):
                self.scopes[around].refers_to.add(name)
        for child in [*node.body, *(node.bases if isinstance(node, ast.ClassDef) else node.args.defaults)]:
            self.visit(child)
        self._place = around

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            # What is called by the name of an attribute is what was assigned to it.
            if isinstance(target, ast.Attribute) and _name(target.value) == "self":
                around = self._place
                self._place = f"{around.rpartition('.')[0]}.{target.attr}"
                self.scopes.setdefault(self._place, Scope())
                self.visit(node.value)
                self._place = around

    def visit_Name(self, node: ast.Name) -> None:
        symbol = self._tree.names.get(node.id)
        if symbol is not None and symbol.node is not None:
            self._scope.refers_to.add(symbol.node.fullname)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        if isinstance(node.value, ast.Name) and node.value.id in self._tree.names:
            self._scope.refers_to.add(f"{self._tree.names[node.value.id].fullname}.{node.attr}")
        for info in _classes_of(self._type(node.value)):
            self._call(info.fullname, node.attr)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and (named := _NAMED_CLASS.fullmatch(node.value)):
            self._scope.refers_to.add(".".join(named.groups()))

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Attribute) and self._is_foreign(called):
            self._call("", called.attr)
        elif (
            isinstance(called, ast.Name) and called.id == "getattr" and not isinstance(node.args[1], ast.Constant)
        ):
            for info in _classes_of(self._type(node.args[0])):
                self._call(info.fullname, ANY_METHOD)

    def _is_foreign(self, called: ast.Attribute) -> bool:
        receiver = self._type(called.value)
        if isinstance(receiver, types.AnyType):
            return True
        return any(info.fallback_to_any and info.get(called.attr) is None for info in _classes_of(receiver))

    def _call(self, receiver: str, method: str) -> None:
        self._scope.calls.add(MethodCall(self._place, receiver, method))

    def _type(self, node: ast.expr) -> types.Type | None:
        kind = self._types.get((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
        return types.get_proper_type(kind)

    def _info(self, name: str) -> nodes.TypeInfo:
        node: nodes.SymbolNode | None = self._tree
        for part in name.removeprefix(f"{self._tree.fullname}.").split("."):
            assert isinstance(node, (nodes.MypyFile, nodes.TypeInfo))
            node = node.names[part].node
        assert isinstance(node, nodes.TypeInfo), name
        return node


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _classes_of(kind: types.Type | None) -> Iterator[nodes.TypeInfo]:
    proper = types.get_proper_type(kind)
    if isinstance(proper, types.Instance):
        yield proper.type
    elif isinstance(proper, types.UnionType):
        for item in proper.items:
            yield from _classes_of(item)
    elif isinstance(proper, types.TypeVarType):
        yield from _classes_of(proper.upper_bound)
    elif isinstance(proper, types.TypeType):
        yield from _classes_of(proper.item)
    elif isinstance(proper, types.CallableType) and proper.is_type_obj():
        yield proper.type_object()
