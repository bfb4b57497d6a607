"""What is known of a video before its first byte: under which name its object will come, and from where.

A reserved object's name is ``<owner>/<reservation>/<file name>``. The reservation is also the id of the document
that describes it, and hard to guess, so that nobody else can say what that video's id will be.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.naming import display_name
from shared.domain.video import Video

__all__ = [
    "IMPORT_REQUESTED",
    "SESSION_LIFE",
    "Import",
    "Upload",
    "new_reservation",
    "reservation_of",
    "reserved_name",
]

IMPORT_REQUESTED: Final = "import-requested"
"""Topic on which the function that fetches is told of an import that is due."""


SESSION_LIFE: Final = timedelta(days=7)
"""For so long Cloud Storage keeps what was sent of an upload; the embedded storage server does the same."""

_GRACE: Final = timedelta(hours=1)
"""A reservation outlives its session, so that nothing can arrive any more when it is looked at."""

_CLAIM: Final = timedelta(minutes=10)
"""Whoever fetches a file has so long, before somebody else may; the function's time is shorter."""

_MAX_TRIES: Final = 5
_FIRST_DELAY: Final = timedelta(seconds=15)

_CLOCK_BYTES: Final = 6
_RANDOM_BYTES: Final = 16


def new_reservation(now: datetime) -> str:
    """Returns an id that is greater than earlier ones and has 128 random bits."""
    when = round(now.timestamp() * 1000).to_bytes(_CLOCK_BYTES)
    # The extended alphabet of base32 keeps the order of what it encodes.
    return base64.b32hexencode(when + secrets.token_bytes(_RANDOM_BYTES)).decode().rstrip("=").lower()


def reserved_name(owner: str, reservation: str, file_name: str) -> str:
    """Returns the name of the object that is to come.

    Args:
        owner: Whose it is.
        reservation: What new_reservation() returned.
        file_name: Any text. Folders before the name are left out, and what can't be seen is written out, so that
            every store can keep it.
    """
    return f"{owner}/{reservation}/{display_name(file_name)}"


def reservation_of(object_name: str) -> str:
    """Returns the reservation in a name that reserved_name() made."""
    return object_name.split("/")[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A session in which somebody may upload the object of a video; it goes when the session does.

    Attributes:
        id: Its id; a younger one's is greater.
        owner: Whose it is.
        about: The video.
        object: Name of the object.
        size_bytes: Bytes that were announced.
        content_type: Type that was announced.
        crc32c: Checksum that was announced, in base64; None when none was.
        replaces: The object's generation that is to be replaced; 0 for none.
        url: The session's address: whoever has it can use it.
        created_at: When the session began.
    """

    id: str
    owner: str
    about: str
    object: str
    size_bytes: int
    content_type: str
    crc32c: str | None
    replaces: int
    url: str
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When the session ends."""
        return self.created_at + SESSION_LIFE

    @property
    def due_at(self) -> datetime:
        """When it is seen to that what never came is not waited for any longer."""
        return self.expires_at + _GRACE

    def is_finished(self, video: Video) -> bool:
        """Tells whether its object has come, or a later one in its place."""
        return video.source.generation > self.replaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file on the internet that becomes the object of a video.

    Attributes:
        id: Its id; a younger one's is greater.
        owner: Whose it is.
        about: The video.
        url: Where the file is; empty once nobody needs to know.
        tries: How often fetching it was begun.
        created_at: When it was asked for.
        due_at: When fetching it is begun, or begun again; None when there is nothing more to do.
    """

    id: str
    owner: str
    about: str
    url: str
    tries: int = 0
    created_at: datetime
    due_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Tells whether somebody has to fetch it now."""
        return self.due_at is not None and self.due_at <= now

    def begun(self, now: datetime) -> Import:
        """Returns it as somebody is fetching it, who has some time before somebody else may."""
        return replace(self, tries=self.tries + 1, due_at=now + _CLAIM)

    @property
    def is_last_try(self) -> bool:
        """Whether no other try follows the one that was begun."""
        return self.tries >= _MAX_TRIES

    @property
    def is_one_too_many(self) -> bool:
        """Whether the last try was begun before, by somebody who died over it."""
        return self.tries > _MAX_TRIES

    def postponed(self, now: datetime, *, counts: bool) -> Import:
        """Returns it as it waits for another try, longer each time.

        Args:
            now: The time.
            counts: Whether the last try does.
        """
        return replace(
            self, tries=self.tries if counts else self.tries - 1, due_at=now + _FIRST_DELAY * 2**self.tries
        )

    def ended(self) -> Import:
        """Returns it with nothing more to do."""
        return replace(self, url="", due_at=None)
