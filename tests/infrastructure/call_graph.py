"""What calls what, as mypy's types tell: nothing is run, and nothing that could be called is left out.

A function calls what it refers to. A method called on a protocol or a base class may be that of any class which
implements it and is referred to itself; ``getattr`` by a name that is no literal may be every method. So this says
too much rather than too little.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from mypy import nodes
from mypy.build import build
from mypy.modulefinder import BuildSource
from mypy.options import Options

from tests.infrastructure.scopes import ANY_METHOD, MethodCall, Scope, ScopeReader

__all__ = ["CallGraph"]

ROOT: Final = Path(__file__).parents[2]
_OURS: Final = ("functions.", "shared.")


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
        self._scopes: dict[str, Scope] = {}
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
                reader = ScopeReader(state.tree, state.type_map(), self._classes)
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
        reached, classes, called = set[str](), set[str](), set[tuple[str, str]]()
        waiting = {function}
        while waiting:
            name = waiting.pop()
            if name in reached or name not in self._scopes:
                continue
            reached.add(name)
            waiting.update(self._referred_to(name))
            new = self._calls_of_ours(name) - called
            called |= new
            for receiver, method in new:
                for one in (receiver, *classes):
                    waiting.update(self._implementations(one, receiver, method))
            if name in self._classes:
                classes.add(name)
                for receiver, method in called:
                    waiting.update(self._implementations(name, receiver, method))
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

    @cache  # noqa: B019 - the graph is kept as long as there are tests
    def calls_in(self, modules: tuple[str, ...]) -> frozenset[MethodCall]:
        """Returns the calls of what is no part of this project, in modules and packages."""
        return frozenset(
            call
            for name, scope in self._scopes.items()
            if _is_in(name, modules)
            for call in scope.calls
            if not call.receiver
        )

    def _referred_to(self, name: str) -> Iterator[str]:
        yield from self._scopes[name].refers_to
        yield self._module_of(name)
        if name in self._classes:
            # Whoever uses a class may make one of it, and what Python calls by itself has no caller.
            for base in self._classes[name].mro:
                yield base.fullname
                yield from (f"{base.fullname}.{member}" for member in base.names if member.startswith("__"))

    def _calls_of_ours(self, name: str) -> set[tuple[str, str]]:
        """Returns class and method of what a function calls, but of leaves and of what is not ours."""
        calls = self._scopes[name].calls
        ours = (call for call in calls if call.receiver in self._classes and call.receiver not in self._leaves)
        return {(call.receiver, call.method) for call in ours}

    def _module_of(self, name: str) -> str:
        while name not in self._modules:
            name = name.rpartition(".")[0]
        return name

    def _implementations(self, class_: str, receiver: str, method: str) -> Iterator[str]:
        """Yields what a call of a method of the receiver may come to in a class."""
        info, declared = self._classes[class_], self._classes[receiver]
        if info is declared or _implements(info, declared):
            for base in info.mro:
                members = base.names if method == ANY_METHOD else {method} & base.names.keys()
                yield from (f"{base.fullname}.{member}" for member in members)


def _is_in(name: str, modules: tuple[str, ...]) -> bool:
    return f"{name}.".startswith(tuple(f"{module}." for module in modules))


@cache
def _implements(info: nodes.TypeInfo, declared: nodes.TypeInfo) -> bool:
    if declared in info.mro:
        return True
    return declared.is_protocol and all(info.get(member) is not None for member in declared.protocol_members)
