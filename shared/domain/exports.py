"""Archives of everything that an owner has, as pure rules: when one is made, when it is void, when it goes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from shared.domain.records import ObjectRef

__all__ = ["EXPORT_REQUESTED", "Export", "ExportState", "archive_name", "archive_prefix", "new_export"]

EXPORT_REQUESTED: Final = "export-requested"
"""Topic on which the function that exports is told of an export that is due."""

_KEPT: Final = timedelta(days=7)
_CLAIM: Final = timedelta(minutes=10)
"""Whoever makes an archive has so long, before somebody else may; the function's time is shorter."""

_MAX_TRIES: Final = 5
_FIRST_PAUSE: Final = timedelta(seconds=15)
"""Between a try that failed and the next; doubled after each."""

ExportState: TypeAlias = Literal["queued", "running", "ready", "failed", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An archive that somebody asked for.

    Attributes:
        id: Its id; a younger one's is greater.
        owner: Whose it is, and whose things are in it.
        requested_at: When it was asked for.
        due_at: When somebody has to look at it: to make it, or to remove it.
        state: ``withdrawn`` when something in it was erased after it was made.
        tries: How often making it was begun.
        erasures: Videos erased since it was asked for: an archive that was begun before one of them is void.
        archive: The archive, once it is ready.
        videos: Videos in it.
        reason: Why it failed, waits for another try, or was withdrawn; a sentence for a person.
    """

    id: str
    owner: str
    requested_at: datetime
    due_at: datetime
    state: ExportState = "queued"
    tries: int = 0
    erasures: int = 0
    archive: ObjectRef | None = None
    videos: int = 0
    reason: str = ""

    @property
    def about(self) -> str:
        """No single video."""
        return ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be made."""
        return self.state in {"queued", "running"}

    def begun(self, now: datetime) -> Export:
        """Returns it as somebody makes it who was told that it is due; failed when that was tried too often."""
        if self.tries == _MAX_TRIES:
            return self.failed("Making the archive failed time and again. Ask for another one later.", now)
        return replace(self, state="running", tries=self.tries + 1, due_at=now + _CLAIM, reason="")

    def completed(self, begun: Export, archive: ObjectRef, videos: int, now: datetime) -> Export:
        """Returns it with its archive; to be made anew when something that may be in that was erased meanwhile.

        Args:
            begun: As it was when the archive was begun.
            archive: The archive.
            videos: Videos in it.
            now: The time.
        """
        if self.erasures != begun.erasures:
            return self.begun_anew(now)
        return replace(self, state="ready", archive=archive, videos=videos, due_at=now + _KEPT)

    def begun_anew(self, now: datetime) -> Export:
        """Returns it as it is when it has to be made from the beginning."""
        return replace(self, state="queued", due_at=now)

    def postponed(self, reason: str, now: datetime) -> Export:
        """Returns it as a try leaves it that failed, and that may succeed a little later."""
        return replace(self, state="queued", reason=reason, due_at=now + _FIRST_PAUSE * 2 ** (self.tries - 1))

    def failed(self, reason: str, now: datetime) -> Export:
        """Returns it given up."""
        return replace(self, state="failed", reason=reason, due_at=now + _KEPT)

    def taken_back(self, now: datetime) -> Export:
        """Returns it as its owner wants it no more: whoever makes it must not complete it, and it goes at once."""
        return replace(self, state="withdrawn", archive=None, reason="It was deleted.", due_at=now)

    def after_erasure(self) -> Export:
        """Returns it as the erasure of one of the owner's videos leaves it."""
        if self.state != "ready":
            return replace(self, erasures=self.erasures + 1)
        reason = "A video that was in it has been erased. Ask for another one."
        return replace(self, state="withdrawn", archive=None, reason=reason)


def new_export(owner: str, now: datetime) -> Export:
    """Returns an export that is due at once."""
    export_id = f"{round(now.timestamp() * 1000):012x}{secrets.token_hex(4)}"
    return Export(id=export_id, owner=owner, requested_at=now, due_at=now)


def archive_prefix(export_id: str) -> str:
    """Returns the folder in the media bucket that an export's archives are in; ends with a slash."""
    return f"exports/{export_id}/"


def archive_name(export: Export) -> str:
    """Returns the name of the archive that a try at an export makes: no two write to the same one."""
    return f"{archive_prefix(export.id)}{export.tries}.zip"
