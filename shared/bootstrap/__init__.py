"""The composition root: the only place that chooses adapters. Nothing is imported or opened before it is used."""

from shared.bootstrap.composition import Bootstrap

__all__ = ["Bootstrap"]
