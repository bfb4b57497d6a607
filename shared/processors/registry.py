"""Finds strategies by name: the built-in ones, and those that installed packages bring as entry points.

Precedence: a built-in name can't be taken over by a package, so that installing something never changes what a
name means. Two packages that bring the same name are refused where it is selected: nothing says which is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Generic, TypeVar

from shared.domain.errors import ConfigurationError, PipelineError
from shared.processors.strategy import Limits, Strategy, StrategyPorts

__all__ = ["OWN_PACKAGE", "Listed", "Registry"]

P = TypeVar("P", bound=Strategy)

OWN_PACKAGE: Final = "automations"
"""Whose the built-in strategies are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A strategy that there is, or that should be.

    Attributes:
        kind: What it is, such as ``tagger``.
        name: What settings call it.
        version: Its version; empty if it can't be told.
        package: The package that brings it, with its version; empty if none does.
        problem: Why it can't be used; empty if it can.
        hidden: Whether that is because a built-in one has its name.
    """

    kind: str
    name: str
    version: str
    package: str
    problem: str
    hidden: bool = False


class Registry(Generic[P]):
    """The strategies of one kind. One that is selected but missing fails when the stage is built, not on a video.

    Args:
        group: Entry-point group of outside packages, such as ``automations.segmenters``.
        base: Class every strategy of this kind must extend.
        builtin: Name -> ``package.module:Class``; imported only when chosen.
    """

    def __init__(self, group: str, base: type[P], builtin: Mapping[str, str]) -> None:
        self._group = group
        self._base = base
        self._builtin = builtin
        self._kind = group.rpartition(".")[2].removesuffix("s")

    def names(self) -> tuple[str, ...]:
        """Returns every name that create() takes, sorted."""
        return tuple(sorted({*self._builtin, *(point.name for point in entry_points(group=self._group))}))

    def listed(self) -> Iterator[Listed]:
        """Yields every strategy that there is; also those that can't be used, and why."""
        for name in sorted(self._builtin):
            yield self._listed(name, None)
        for point in sorted(entry_points(group=self._group), key=lambda point: (point.name, _package(point))):
            yield self._listed(point.name, point)

    def absent(self, names: Iterable[str]) -> Iterator[Listed]:
        """Yields those of some names that there is no strategy of, and what to do."""
        for name in names:
            try:
                self.check(name)
            except ConfigurationError as error:
                if error.code == "unknown_plugin":
                    yield Listed(kind=self._kind, name=name, version="", package="", problem=error.detail)

    def check(self, name: str) -> None:
        """Looks a strategy up without importing it, so that a wrong selection is told before any work begins.

        Raises:
            ConfigurationError: ``unknown_plugin`` or ``ambiguous_plugin``.
        """
        if name not in self._builtin:  # looking through every installed package takes a while
            self._point(name)

    def create(self, name: str, ports: StrategyPorts) -> P:
        """Builds a strategy.

        Args:
            name: A built-in or an installed one.
            ports: What it is built with.

        Raises:
            ConfigurationError: ``unknown_plugin``, ``ambiguous_plugin``, or ``bad_plugin``: its module can't be
                imported, or its class is of another kind, does not say what it has to, or can't be built.
        """
        point = None if name in self._builtin else self._point(name)
        strategy = self._loaded(name, point)
        try:
            built = strategy(ports)
        except PipelineError:
            raise
        except (Exception, SystemExit) as error:  # A package's own code; the selection is to blame.
            raise self._bad(name, point, f"can't be built: {error!r}") from error
        if point is not None:
            built.package = _package(point)
        return built

    def _point(self, name: str) -> EntryPoint:
        points = {_package(point): point for point in entry_points(group=self._group, name=name)}
        if not points:
            raise ConfigurationError(
                "unknown_plugin",
                f"There is no {name!r} in {self._group}; there are {', '.join(self.names()) or 'none'}. "
                "Install the package that brings it, or choose another in the settings.",
            )
        if len(points) > 1:
            raise ConfigurationError(
                "ambiguous_plugin",
                f"{name!r} in {self._group} is in {' and in '.join(sorted(points))}. Uninstall all but one.",
            )
        return next(iter(points.values()))

    def _loaded(self, name: str, point: EntryPoint | None) -> type[P]:
        try:
            loaded = _attribute(self._builtin[name]) if point is None else point.load()
        except (Exception, SystemExit) as error:  # As above: its modules may do anything when they are imported.
            raise self._bad(name, point, f"can't be imported: {error!r}") from error
        if not (isinstance(loaded, type) and issubclass(loaded, self._base)):
            raise self._bad(name, point, f"must be a class that extends {self._base.__name__}")
        if point is not None:
            self._check_claims(name, point, loaded)
        return loaded

    def _check_claims(self, name: str, point: EntryPoint, strategy: type[P]) -> None:
        """Refuses a class from outside that does not say what it is as its base class asks for."""
        if getattr(strategy, "name", None) != name:
            raise self._bad(name, point, f"must have the name of its entry point, {name!r}")
        if not getattr(strategy, "version", ""):
            raise self._bad(name, point, "must have a version")
        if not (isinstance(strategy.inputs, Set) and isinstance(strategy.limits, Limits)):
            raise self._bad(name, point, "must have a set of inputs and Limits")
        if unknown := strategy.inputs - self._base.inputs:
            known = ", ".join(sorted(self._base.inputs))
            raise self._bad(name, point, f"asks for {', '.join(sorted(unknown))}; there are {known}")

    def _listed(self, name: str, point: EntryPoint | None) -> Listed:
        version, problem = "", ""
        hidden = point is not None and name in self._builtin
        try:
            version = getattr(self._loaded(name, point), "version", "")
            self.check(name)
        except ConfigurationError as error:
            problem = error.detail
        if hidden:
            problem = f"There is a {name!r} of the product, which is used instead."
        package = OWN_PACKAGE if point is None else _package(point)
        return Listed(kind=self._kind, name=name, version=version, package=package, problem=problem, hidden=hidden)

    def _bad(self, name: str, point: EntryPoint | None, why: str) -> ConfigurationError:
        whence = "" if point is None else f" from {_package(point)}"
        return ConfigurationError("bad_plugin", f"{name!r} in {self._group}{whence} {why}.")


def _attribute(place: str) -> object:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
