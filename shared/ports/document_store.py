"""Where everything is kept that an owner has besides videos: keys, uploads, webhooks, records of what was done."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

from shared.domain.codec import encode_json

__all__ = ["DOCUMENT_ID", "MAX_DOCUMENT_BYTES", "Document", "DocumentStore", "Edit", "document_body"]

DOCUMENT_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""What a document's id may be."""

MAX_DOCUMENT_BYTES: Final = 768 * 2**10
"""Of a document's JSON; Firestore keeps 1 MiB, with the names of the fields and what is searched by."""


class Document(Protocol):
    """A frozen dataclass that can be kept; its class name is its kind."""

    @property
    def id(self) -> str:
        """Unique among the documents of its kind; a ``DOCUMENT_ID``."""
        ...

    @property
    def owner(self) -> str:
        """Whose it is."""
        ...

    @property
    def about(self) -> str:
        """Id of the video that it is about and goes with; empty when there is none."""
        ...

    @property
    def due_at(self) -> datetime | None:
        """When somebody has to look at it again, because it expires or something is to be done; None for never."""
        ...


D = TypeVar("D", bound=Document)
T_co = TypeVar("T_co", covariant=True)
D_co = TypeVar("D_co", bound=Document, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Generic[D_co, T_co]):
    """What one decision does to a document.

    Attributes:
        answer: What the caller wanted to know.
        document: What to save in its place; None leaves everything as it is.
        delete: Whether it is removed instead.
    """

    answer: T_co
    document: D_co | None = None
    delete: bool = False


T = TypeVar("T")


class DocumentStore(Protocol):
    """Keeps documents, each changed as a whole.

    ``owner`` narrows a call down to one owner's documents: everybody else's do not exist for it. Only code that
    serves nobody in particular, such as sweep, passes None. Every method raises TransientError when the store
    can't be reached or is full; nothing is half done then. An id that is no ``DOCUMENT_ID`` names nothing.
    """

    def update(
        self, kind: type[D], document_id: str, decide: Callable[[D | None], Edit[D, T]], *, owner: str | None
    ) -> T:
        """Loads a document, decides, and saves the edit in one transaction.

        Args:
            kind: Its class.
            document_id: Its id.
            decide: Pure function of the stored document (None if there is none); may be called more than once.
                What it raises is passed on and nothing is saved.
            owner: Whose it is.

        Returns:
            The edit's answer, after the edit is durable.

        Raises:
            NotFound: It is another owner's.
            ValueError: What is to be saved has another id or owner, an id that can't be one, or is too large.
        """
        ...

    def get(self, kind: type[D], document_id: str, *, owner: str | None) -> D | None:
        """Returns a document; None if there is none."""
        ...

    def owned(self, kind: type[D], *, owner: str, limit: int = 100, before: str | None = None) -> Sequence[D]:
        """Returns an owner's documents of a kind by id, greatest first: ids compare by their characters' codes.

        Args:
            kind: Their class.
            owner: Whose they are.
            limit: At most so many.
            before: Only ids less than this.
        """
        ...

    def due(self, kind: type[D], *, until: datetime, limit: int = 100) -> Sequence[D]:
        """Returns documents of a kind that are due, whoever owns them, those due for longest first."""
        ...

    def delete(self, kind: type[D], document_id: str, *, owner: str | None) -> None:
        """Removes a document; a missing one is no error."""
        ...

    def about(self, kind: type[D], video_id: str) -> Sequence[D]:
        """Returns all documents of a kind about a video, whoever owns them, in no order."""
        ...

    def delete_about(self, video_id: str) -> int:
        """Removes every document about a video, of any kind, and returns how many there were."""
        ...


def document_body(document: Document, document_id: str, owner: str | None) -> str:
    """Returns a document as the JSON that stores keep.

    Args:
        document: What is to be saved.
        document_id: Under which id.
        owner: On whose behalf; None for nobody's.

    Raises:
        ValueError: As DocumentStore.update() says.
    """
    if document.id != document_id or not DOCUMENT_ID.fullmatch(document_id):
        raise ValueError(f"{document.id!r} can't be kept as {document_id!r}")
    if owner not in {None, document.owner}:
        raise ValueError("a document can't be given to another owner")
    body = encode_json(document)
    if len(body) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"{document_id!r} is larger than {MAX_DOCUMENT_BYTES} bytes")
    return body
