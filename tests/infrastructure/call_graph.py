"""What calls what, as mypy's types tell: nothing is run, and nothing that could be called is left out.

A function calls what it refers to. A method called on a protocol or a base class may be that of any class which
implements it and is referred to itself; ``getattr`` by a name that is no literal may be every method. So this says
too much rather than too little.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from mypy import nodes, types
from mypy.build import build
from mypy.modulefinder import BuildSource
from mypy.options import Options

__all__ = ["CallGraph", "MethodCall"]

ROOT: Final = Path(__file__).parents[2]
_OURS: Final = ("functions.", "shared.")
_ANY: Final = "*"
_NAMED_CLASS: Final = re.compile(r"((?:functions|shared)\.[\w.]+):(\w+)")
_NOT_REGISTERING: Final = {"cache", "cached_property", "classmethod", "contextmanager", "dataclass", "property"}
"""Decorators that hand a function to nobody who might call it."""

_Types = Mapping[tuple[int, int, int | None, int | None], types.Type]


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
class _Scope:
    """A function, a class's body or a module's.

    Attributes:
        refers_to: Full names of functions, classes and modules.
        calls: Methods.
    """

    refers_to: set[str] = field(default_factory=set)
    calls: set[MethodCall] = field(default_factory=set)


class CallGraph:
    """Who calls what in some modules, and in what they import of this project.

    Args:
        modules: Names of modules.
        leaves: Full names of classes whose implementations are not looked for.
        without: How the full names of functions begin that are left out.
        root: Folder that the packages are in.
    """

    def __init__(
        self,
        modules: Iterable[str],
        leaves: Collection[str],
        *,
        without: tuple[str, ...] = (),
        root: Path = ROOT,
    ) -> None:
        self._leaves = leaves
        self._scopes: dict[str, _Scope] = {}
        self._classes: dict[str, nodes.TypeInfo] = {}
        self._modules: set[str] = set()
        options = Options()
        options.export_types = options.preserve_asts = options.ignore_errors = True
        options.ignore_missing_imports = options.namespace_packages = options.explicit_package_bases = True
        options.incremental = False
        options.python_executable = None  # nobody else's packages: reading their types would take a minute
        options.mypy_path = [str(root)]
        sources = [BuildSource(str(root / f"{name.replace('.', '/')}.py"), name) for name in modules]
        graph = build(sources, options).graph
        for name, state in graph.items():
            if name.startswith(_OURS) and state.tree is not None:
                state.type_check_first_pass()  # once more: a build forgets which file a type was found in
                self._modules.add(name)
                reader = _Reader(state.tree, _by_position(state.type_map()), self._classes)
                reader.visit(ast.parse(Path(state.xpath).read_text()))
                self._scopes |= {one: scope for one, scope in reader.scopes.items() if not one.startswith(without)}

    @cache  # noqa: B019 - the graph is kept as long as there are tests
    def calls_from(self, function: str) -> frozenset[MethodCall]:
        """Returns the calls of leaves, and of what is not ours, that calling a function may lead to."""
        return frozenset(
            call
            for name in self.reached(function)
            for call in self._scopes[name].calls
            if not call.receiver or call.receiver in self._leaves
        )

    @cache  # noqa: B019 - the graph is kept as long as there are tests
    def reached(self, function: str) -> frozenset[str]:
        """Returns the full names of all that calling a function may lead to, of classes and modules, too."""
        reached: set[str] = set()
        while new := {one for one in self._next(function, reached) if one in self._scopes} - reached:
            reached |= new
        return frozenset(reached)

    def implementations(self, protocol: str, modules: tuple[str, ...]) -> tuple[str, ...]:
        """Returns the full names of the classes that implement a protocol, in modules and packages."""
        declared = self._classes[protocol]
        found = (
            name for name, info in self._classes.items() if info is not declared and _implements(info, declared)
        )
        return tuple(name for name in found if _is_in(name, modules))

    def is_property(self, class_: str, member: str) -> bool:
        """Tells whether a member of a class is none that is called."""
        symbol = self._classes[class_].get(member)
        return symbol is None or not isinstance(symbol.node, nodes.FuncDef)

    @cache  # noqa: B019 - the graph is kept as long as there are tests
    def callers_of(self, class_: str, method: str) -> frozenset[str]:
        """Returns the full names of the functions that call a method of a class."""
        return frozenset(
            name
            for name, scope in self._scopes.items()
            if any((call.receiver, call.method) == (class_, method) for call in scope.calls)
        )

    def calls_in(self, modules: tuple[str, ...]) -> frozenset[MethodCall]:
        """Returns the calls of what is no part of this project, in modules and packages."""
        return frozenset(
            call
            for name, scope in self._scopes.items()
            if _is_in(name, modules)
            for call in scope.calls
            if not call.receiver
        )

    def _next(self, function: str, reached: Collection[str]) -> Iterator[str]:
        yield function
        for name in reached:
            scope = self._scopes[name]
            yield from scope.refers_to
            yield self._module_of(name)
            if name in self._classes:
                # Whoever uses a class may make one of it, and what Python calls by itself has no caller.
                for base in self._classes[name].mro:
                    yield base.fullname
                    yield from (f"{base.fullname}.{member}" for member in base.names if member.startswith("__"))
            for call in scope.calls:
                if call.receiver in self._classes and call.receiver not in self._leaves:
                    yield from self._implementations(self._classes[call.receiver], call.method, reached)

    def _module_of(self, name: str) -> str:
        while name not in self._modules:
            name = name.rpartition(".")[0]
        return name

    def _implementations(self, declared: nodes.TypeInfo, method: str, reached: Collection[str]) -> Iterator[str]:
        for name in (declared.fullname, *reached):
            info = self._classes.get(name)
            if info is not None and (info is declared or _implements(info, declared)):
                for base in info.mro:
                    members = base.names if method == _ANY else {method} & base.names.keys()
                    yield from (f"{base.fullname}.{member}" for member in members)


def _is_in(name: str, modules: tuple[str, ...]) -> bool:
    return f"{name}.".startswith(tuple(f"{module}." for module in modules))


def _implements(info: nodes.TypeInfo, declared: nodes.TypeInfo) -> bool:
    if declared in info.mro:
        return True
    return declared.is_protocol and all(info.get(member) is not None for member in declared.protocol_members)


def _by_position(known: Mapping[nodes.Expression, types.Type]) -> _Types:
    return {(one.line, one.column, one.end_line, one.end_column): kind for one, kind in known.items()}


class _Reader(ast.NodeVisitor):
    """Notes for one module which scope refers to what.

    Attributes:
        scopes: Full name -> scope.
    """

    def __init__(self, tree: nodes.MypyFile, known: _Types, classes: dict[str, nodes.TypeInfo]) -> None:
        self._tree = tree
        self._types = known
        self._classes = classes
        self._place = tree.fullname
        self.scopes = {self._place: _Scope()}

    @property
    def _scope(self) -> _Scope:
        return self.scopes[self._place]

    def visit_Import(self, node: ast.Import) -> None:
        self._scope.refers_to |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._scope.refers_to.add(node.module or "")
        if self._place != self._tree.fullname:  # a module refers to what it imports where it uses it
            self._scope.refers_to |= {f"{node.module}.{alias.name}" for alias in node.names}

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
            self.scopes.setdefault(name, _Scope())
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
                self.scopes.setdefault(self._place, _Scope())
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
                self._call(info.fullname, _ANY)

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
