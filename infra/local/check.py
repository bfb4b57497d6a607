"""What a look at a deployment finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Check", "Verdict", "verdict_on"]

Verdict: TypeAlias = Literal["ok", "warning", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at.

    Attributes:
        name: What.
        verdict: ``missing`` means that the pipeline can't work.
        found: What was found, or what is wrong and how to mend it.
    """

    name: str
    verdict: Verdict
    found: str


def verdict_on(name: str, fine: str, *, missing: Sequence[str] = (), warnings: Sequence[str] = ()) -> Check:
    """Returns what there is to say about one thing.

    Args:
        name: The thing.
        fine: What to say when nothing is wrong with it.
        missing: Sentences about what is wrong with it so that the pipeline can't work.
        warnings: Sentences about what else is wrong with it.
    """
    if missing:
        return Check(name=name, verdict="missing", found=" ".join((*missing, *warnings)))
    if warnings:
        return Check(name=name, verdict="warning", found=" ".join(warnings))
    return Check(name=name, verdict="ok", found=fine)
