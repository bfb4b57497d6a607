"""Resumable uploads to folders: what arrived is on the disk before anybody is told so, and survives a restart.

A session is two files named by its id: ``<id>.json`` says what it is for and how many bytes count, ``<id>.bytes``
holds them and becomes the object by being renamed. Bytes behind those that count may be there after a power cut;
they are written over.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import google_crc32c

from shared.adapters.filesystem import FolderBlobStore
from shared.adapters.folders import make_folder, storage_error
from shared.domain.codec import decode_json, encode_json
from shared.domain.errors import NotFound, PipelineError, PreconditionFailed, TransientError
from shared.domain.records import ObjectRef
from shared.domain.reservations import SESSION_LIFE
from shared.ports.clock import Clock

__all__ = ["UploadRefused", "UploadSession", "UploadSessions"]

_ID: Final = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES: Final = 256 * 1024
_SYNC_EVERY_BYTES: Final = 8 * 2**20
"""At most so much has to be sent again after a power cut."""


class UploadRefused(PipelineError):
    """What somebody sent can't be taken, however often they send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSession:
    """An upload and how far it is.

    Attributes:
        bucket: Bucket of the object to be made.
        name: The object's name.
        size_bytes: Bytes that it will have.
        expected_crc32c: Checksum that they must have, in base64; None for any.
        if_generation: Generation of the object in whose place it comes; 0 for none.
        expires_at: When what arrived is forgotten.
        received_bytes: How much arrived.
        crc32c: The checksum of that, as a number.
        made: The object, once it is there.
    """

    bucket: str
    name: str
    size_bytes: int
    expected_crc32c: str | None
    if_generation: int
    expires_at: datetime
    received_bytes: int = 0
    crc32c: int = 0
    made: ObjectRef | None = None

    @property
    def checksum(self) -> str:
        """The checksum of what arrived, in base64."""
        return base64.b64encode(self.crc32c.to_bytes(4, "big")).decode()


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
        self._open: dict[str, _OpenSession] = {}

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
        with _errors():
            make_folder(self._folder)
            self._folder.chmod(0o700)  # the names of the files are secrets
            _OpenSession(self._folder / session_id, self._blobs, session).create()
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
        with _errors():
            ids = [path.stem for path in self._folder.glob("*.json")]
        for session_id in ids:
            with suppress(NotFound):  # somebody ended it meanwhile
                if self._session(session_id, expired=True).state.expires_at <= self._clock.now():
                    self.end(session_id)

    def _session(self, session_id: str, *, expired: bool = False) -> _OpenSession:
        if not _ID.fullmatch(session_id):
            raise NotFound("There is no such upload.")
        with self._lock:
            if session_id not in self._open:
                self._open[session_id] = _OpenSession.found(self._folder / session_id, self._blobs)
            session = self._open[session_id]
        if not expired and session.state.expires_at <= self._clock.now():
            raise UploadRefused("session_expired", "This upload took too long. Begin another one.")
        return session

    def _generation(self, bucket: str, name: str) -> int:
        try:
            return self._blobs.stat(bucket, name).generation
        except NotFound:
            return 0


class _OpenSession:
    """A session while it is worked on. Its state in memory is ahead of the disk until it is synced.

    A connection that broke may seem alive for minutes, so whoever came last has the turn, and the others lose it.
    """

    def __init__(self, path: Path, blobs: FolderBlobStore, state: UploadSession) -> None:
        self._bytes = path.with_suffix(".bytes")
        self._json = path.with_suffix(".json")
        self._blobs = blobs
        self._state = self._synced = state
        self._lock = threading.Lock()
        self._turn = 0

    @classmethod
    def found(cls, path: Path, blobs: FolderBlobStore) -> _OpenSession:
        """Opens a session that is on the disk. Raises NotFound."""
        try:
            state = path.with_suffix(".json").read_bytes()
        except FileNotFoundError as error:
            raise NotFound("There is no such upload.") from error
        return cls(path, blobs, decode_json(UploadSession, state))

    @property
    def state(self) -> UploadSession:
        return self._state

    def create(self) -> None:
        self._bytes.touch(mode=0o600, exist_ok=False)
        self._save(self._state)

    def look(self) -> UploadSession:
        with self._lock, _errors():
            self._take_turn()
            return self._finished() if self._state.received_bytes == self._state.size_bytes else self._state

    def receive(self, start: int, read: Callable[[int], bytes], *, to_the_end: bool) -> UploadSession:
        with self._lock, _errors():
            turn = self._take_turn()
            if self._state.made is not None:
                return self._state
            if start > self._state.received_bytes:
                raise TransientError("bytes_missing", f"Go on at byte {self._state.received_bytes}.")
            complete = self._state.received_bytes == self._state.size_bytes
        if not complete:  # the file may be the object already
            with _errors(), self._bytes.open("r+b", buffering=0) as file:
                self._append(file.fileno(), turn, start, read)
        with self._lock, _errors():
            self._sync()
            complete = self._state.received_bytes == self._state.size_bytes
            return self._finished() if to_the_end and complete else self._state

    def remove(self) -> None:
        with self._lock, _errors():
            self._turn += 1
            self._json.unlink(missing_ok=True)
            self._bytes.unlink(missing_ok=True)

    def _take_turn(self) -> int:
        self._sync()
        self._turn += 1
        return self._turn

    def _check_turn(self, turn: int) -> None:
        if turn != self._turn:
            raise TransientError("sent_elsewhere", "Ask how much arrived, and go on from there.")

    def _append(self, file: int, turn: int, at: int, read: Callable[[int], bytes]) -> None:
        size_bytes = self._state.size_bytes
        while at < size_bytes and (block := read(min(_BLOCK_BYTES, size_bytes - at))):
            with self._lock:
                self._check_turn(turn)
                received = self._state.received_bytes
                new = block[max(0, received - at) :]
                at += len(block)
                _write(file, new, received)
                self._state = replace(
                    self._state,
                    received_bytes=received + len(new),
                    crc32c=google_crc32c.extend(self._state.crc32c, new),
                )
                if self._state.received_bytes - self._synced.received_bytes >= _SYNC_EVERY_BYTES:
                    self._sync()

    def _sync(self) -> None:
        """Makes what arrived durable, so that it can be told to have arrived."""
        if self._state is self._synced:
            return
        try:
            with self._bytes.open("rb") as file:
                os.fsync(file.fileno())
            self._save(self._state)
        except BaseException:
            self._state = self._synced  # nobody knows what the disk has of the rest
            raise

    def _finished(self) -> UploadSession:
        """Makes the object. It is there, and the session's bytes are gone, if that ended half way before."""
        session = self._state
        if session.made is not None:
            return session
        if session.expected_crc32c not in {None, session.checksum}:
            self._state = replace(session, received_bytes=0, crc32c=0)
            self._save(self._state)
            raise UploadRefused(
                "bad_checksum",
                f"What arrived has the crc32c {session.checksum}, not {session.expected_crc32c}. Send it again.",
            )
        if self._bytes.exists():
            made = self._blobs.adopt(
                session.bucket, session.name, self._bytes, if_generation=session.if_generation
            )
        else:
            made = self._blobs.stat(session.bucket, session.name)
        self._blobs.announce(made)
        self._save(replace(session, made=made))
        return self._state

    def _save(self, session: UploadSession) -> None:
        temporary = self._json.with_suffix(".new")
        with temporary.open("w") as file:
            file.write(encode_json(session))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._json)
        folder = os.open(self._json.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._state = self._synced = session


def _write(file: int, content: bytes, at: int) -> None:
    while content:
        written = os.pwrite(file, content, at)
        content, at = content[written:], at + written


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:  # it was ended meanwhile
        raise NotFound("There is no such upload.") from error
    except OSError as error:
        raise storage_error(error, "The folder for uploads") from error
