"""Having many videos processed again: which ones, and how far that is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.domain.status import FAILED, READY
from shared.domain.video import Video

__all__ = ["Backfill", "PlannedReplay", "Selection", "owner_of_backfill"]

_KEPT: Final = timedelta(days=30)
"""How long one that was abandoned can be taken up again."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SETTLED: Final = (READY, FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which videos, all conditions together. Those still in the pipeline are never among them.

    Attributes:
        status: ``ready`` or ``failed``; None for both.
        code: Why they failed, such as ``poison``; None for any reason.
        owner: Whose they are; None for everybody's.
        after: Only those created then or later.
        before: Only those created earlier than this.
    """

    status: str | None = None
    code: str | None = None
    owner: str | None = None
    after: datetime | None = None
    before: datetime | None = None

    @classmethod
    def parse(cls, conditions: Iterable[str]) -> Selection:
        """Returns what conditions such as ``status=failed`` and ``after=2026-11-01`` say.

        Raises:
            ValueError: One can't be understood; the message says what can.
        """
        given: dict[str, str] = {}
        known = [condition.name for condition in fields(cls)]
        for condition in conditions:
            name, equals, value = condition.partition("=")
            if not equals or name not in known:
                raise ValueError(
                    f"{condition!r} is no condition; there are {', '.join(f'{one}=' for one in known)}"
                )
            if name in given:
                raise ValueError(f"{name}= is given twice")
            given[name] = value
        if given.get("status", READY) not in _SETTLED:
            raise ValueError(f"status= is {' or '.join(_SETTLED)}: other videos are still being worked on")
        return cls(
            status=given.get("status"),
            code=given.get("code"),
            owner=given.get("owner"),
            after=_instant(given, "after"),
            before=_instant(given, "before"),
        )

    def includes(self, video: Video) -> bool:
        """Tells whether a video that was listed by status, owner and age is one of them."""
        if video.status not in _SETTLED:
            return False
        return self.code is None or (video.failure is not None and video.failure.code == self.code)

    def described(self) -> Mapping[str, str]:
        """Returns the conditions by name."""
        given = {condition.name: getattr(self, condition.name) for condition in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in given.items()
            if value is not None
        }

    def name(self, from_stage: str) -> str:
        """Returns a name for having just these processed again from a stage on."""
        digest = hashlib.sha256(repr((from_stage, *sorted(self.described().items()))).encode()).hexdigest()
        return f"{from_stage}-{digest[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Many videos are to be processed again; there is a PlannedReplay for each that is not done.

    Attributes:
        id: Its name.
        from_stage: The stage from which on.
        where: The conditions by name.
        created_at: When it was begun.
        planned: Number of videos; None until all of them have been noted.
        plan: The plan that holds, of all that were made of it at the same time; empty until one does.
    """

    id: str
    from_stage: str
    where: Mapping[str, str]
    created_at: datetime
    planned: int | None = None
    plan: str = ""

    @property
    def owner(self) -> str:
        """Nobody who could have videos."""
        return owner_of_backfill(self.id)

    @property
    def about(self) -> str:
        """No video."""
        return ""

    @property
    def due_at(self) -> datetime:
        """When it is forgotten."""
        return self.created_at + _KEPT


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedReplay:
    """A video that is to be processed again once, or is being so.

    Attributes:
        backfill: Name of what it belongs to.
        plan: The plan that it is part of; if another one holds, it is void.
        about: The video, with which it goes.
        run: The run that the video had; a later one means that it was replayed.
        created_at: When the backfill was begun.
    """

    backfill: str
    plan: str
    about: str
    run: int
    created_at: datetime

    @property
    def id(self) -> str:
        """Another in each plan."""
        return f"{self.backfill}.{self.plan}.{self.about}"

    @property
    def owner(self) -> str:
        """Nobody who could have videos."""
        return owner_of_backfill(self.backfill)

    @property
    def due_at(self) -> datetime:
        """When it is forgotten."""
        return self.created_at + _KEPT


def owner_of_backfill(name: str) -> str:
    """Returns the owner of a backfill's documents, which no folder of uploads can be called.

    Raises:
        ValueError: It is no name for a backfill.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a backfill's name has up to 63 lower-case letters, digits and dashes")
    return f"backfill/{name}"


def _instant(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name}= is a day or an instant, such as 2026-11-01 or 2026-11-01T12:30:00Z") from error
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
