"""Finds strategies by name: the built-in ones, and those that installed packages bring as entry points."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from shared.domain.errors import ConfigurationError, PipelineError
from shared.processors.strategy import Strategy, StrategyPorts

__all__ = ["Registry"]

P = TypeVar("P", bound=Strategy)


class Registry(Generic[P]):
    """The strategies of one kind.

    A built-in name can't be taken over by a package: built-ins win, so that installing something never changes
    what a name means. A name that is selected but missing fails when the stage is built, not on the first video.

    Args:
        group: Entry-point group of outside packages, such as ``automations.segmenters``.
        base: Class every strategy of this kind must extend.
        builtin: Name -> ``package.module:Class``; imported only when chosen.
    """

    def __init__(self, group: str, base: type[P], builtin: Mapping[str, str]) -> None:
        self._group = group
        self._base = base
        self._builtin = builtin

    def names(self) -> tuple[str, ...]:
        """Returns every name that create() takes, sorted."""
        return tuple(sorted({*self._builtin, *(point.name for point in entry_points(group=self._group))}))

    def check(self, name: str) -> None:
        """Looks a strategy up without importing it, so that a wrong selection is told before any work begins.

        Raises:
            ConfigurationError: ``unknown_plugin``.
        """
        if name not in self._builtin and name not in self.names():  # names() looks through every installed package
            raise ConfigurationError(
                "unknown_plugin",
                f"There is no {name!r} in {self._group}; there are {', '.join(self.names())}. "
                "Install the package that brings it, or choose another in the settings.",
            )

    def create(self, name: str, ports: StrategyPorts) -> P:
        """Builds a strategy.

        Args:
            name: A built-in or an installed one.
            ports: What it is built with.

        Raises:
            ConfigurationError: The name is unknown, its module can't be imported, or its class is of another kind
                or can't be built.
        """
        self.check(name)
        strategy = self._load(name)
        if not (isinstance(strategy, type) and issubclass(strategy, self._base)):
            raise ConfigurationError(
                "bad_plugin", f"{name!r} in {self._group} must be a class that extends {self._base.__name__}."
            )
        try:
            return strategy(ports)
        except PipelineError:
            raise
        except Exception as error:  # A package's own code: whatever it does, the selection is to blame.
            raise ConfigurationError(
                "bad_plugin", f"{name!r} in {self._group} can't be built: {error!r}"
            ) from error

    def _load(self, name: str) -> object:
        try:
            if name in self._builtin:
                module, _, attribute = self._builtin[name].partition(":")
                return getattr(import_module(module), attribute)
            (point, *_) = entry_points(group=self._group, name=name)
            return point.load()
        except Exception as error:  # As above: its modules may do anything when they are imported.
            raise ConfigurationError(
                "bad_plugin", f"{name!r} in {self._group} can't be imported: {error!r}"
            ) from error
