"""Resumable uploads to folders: which there are, who may still send to them, and when they are forgotten."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.adapters.filesystem import FolderBlobStore
from shared.adapters.folders import make_folder
from shared.adapters.session_files import SessionFiles, UploadRefused, UploadSession, session_errors
from shared.domain.errors import NotFound, PreconditionFailed
from shared.domain.reservations import SESSION_LIFE
from shared.ports.clock import Clock

__all__ = ["UploadSessions"]

_ID: Final = re.compile(r"[0-9a-f]{64}")


class UploadSessions:
    """All sessions of one machine; safe to use from several threads of the one process that serves uploads.

    Args:
        folder: Folder that they are kept in, on the file system of the buckets.
        blobs: Where the objects go.
        clock: The time.
    """

    def __init__(self, folder: Path, blobs: FolderBlobStore, clock: Clock) -> None:
        self._folder = folder
        self._blobs = blobs
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, SessionFiles] = {}

    def begin(self, bucket: str, name: str, size_bytes: int, *, crc32c: str | None, if_generation: int) -> str:
        """Begins a session and returns its id, which nobody can guess.

        Args:
            bucket: Bucket of the object to be made.
            name: The object's name.
            size_bytes: Bytes that it will have.
            crc32c: Checksum that they must have, in base64; None for any.
            if_generation: Generation of the object in whose place it comes; 0 for none.

        Raises:
            PreconditionFailed: The object has another generation.
            TransientError: The disk is full, or can't be used.
        """
        if (found := self._generation(bucket, name)) != if_generation:
            raise PreconditionFailed(f"{name!r} in {bucket} has generation {found}, not {if_generation}")
        session_id = secrets.token_hex(32)
        session = UploadSession(
            bucket=bucket,
            name=name,
            size_bytes=size_bytes,
            expected_crc32c=crc32c,
            if_generation=if_generation,
            expires_at=self._clock.now() + SESSION_LIFE,
        )
        with session_errors():
            make_folder(self._folder)
            self._folder.chmod(0o700)  # the names of the files are secrets
            SessionFiles(self._folder / session_id, self._blobs, session).create()
        return session_id

    def peek(self, session_id: str) -> UploadSession:
        """Returns a session as it is, and lets whoever is sending go on. Raises as look()."""
        return self._session(session_id).state

    def look(self, session_id: str) -> UploadSession:
        """Returns a session with all that arrived. Whoever was sending must not go on; whoever looked may.

        A session that has all its bytes makes its object now, if that was not told to anybody yet.

        Raises:
            NotFound: There is no such session.
            UploadRefused: ``session_expired``; also as receive().
            PreconditionFailed: As receive().
            TransientError: The disk is full, or can't be used.
        """
        return self._session(session_id).look()

    def receive(
        self, session_id: str, start: int, read: Callable[[int], bytes], *, to_the_end: bool
    ) -> UploadSession:
        """Adds bytes to a session and returns it as it is then.

        Args:
            session_id: The session.
            start: Offset of the first byte that comes; what is there already is skipped.
            read: Returns up to so many of the next bytes; none at their end, or when the sender is gone.
            to_the_end: Whether the sender says that these are the last ones: the object is made then.

        Raises:
            NotFound: There is no such session.
            UploadRefused: ``session_expired``; ``bad_checksum``: the session begins anew.
            PermanentError: ``name_taken``: an object lies above or below that name.
            PreconditionFailed: The object has another generation by now.
            TransientError: ``bytes_missing``: some lie between those that are there and these;
                ``sent_elsewhere``: somebody has looked at the session since; or the disk is full.
        """
        return self._session(session_id).receive(start, read, to_the_end=to_the_end)

    def end(self, session_id: str) -> None:
        """Forgets a session and what arrived. Raises NotFound, or TransientError."""
        self._session(session_id, expired=True).remove()
        with self._lock:
            self._open.pop(session_id, None)

    def end_expired(self) -> None:
        """Forgets the sessions whose time is over. Raises TransientError."""
        with session_errors():
            ids = [path.stem for path in self._folder.glob("*.json")]
        for session_id in ids:
            with suppress(NotFound):  # somebody ended it meanwhile
                if self._session(session_id, expired=True).state.expires_at <= self._clock.now():
                    self.end(session_id)

    def _session(self, session_id: str, *, expired: bool = False) -> SessionFiles:
        if not _ID.fullmatch(session_id):
            raise NotFound("There is no such upload.")
        with self._lock:
            if session_id not in self._open:
                self._open[session_id] = SessionFiles.found(self._folder / session_id, self._blobs)
            session = self._open[session_id]
        if not expired and session.state.expires_at <= self._clock.now():
            raise UploadRefused("session_expired", "This upload took too long. Begin another one.")
        return session

    def _generation(self, bucket: str, name: str) -> int:
        try:
            return self._blobs.stat(bucket, name).generation
        except NotFound:
            return 0
