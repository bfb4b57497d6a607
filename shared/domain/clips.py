"""Files cut out of a video on request, as pure rules: when one is made, who makes it, when it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from shared.domain.clip_choice import ClipChoice
from shared.domain.codec import encode_json
from shared.domain.framing import Box
from shared.domain.identity import clips_key, object_prefix
from shared.domain.records import ObjectRef
from shared.domain.video import Video

__all__ = ["CLIP_REQUESTED", "Clip", "ClipState", "clip_object", "new_clip"]

CLIP_REQUESTED: Final = "clip-requested"
"""Topic on which the function that cuts is told of a clip that is due."""

_KEPT: Final = timedelta(days=7)
_MAX_TRIES: Final = 5
_FIRST_PAUSE: Final = timedelta(seconds=15)
"""Between a try that failed and the next; doubled after each."""

_MAX_STEM_BYTES: Final = 150
"""Of the video's name in the clip's: file systems take 255 bytes, and the rest has to fit too."""

_SUFFIXES: Final[Mapping[str, str]] = {"audio/mp4": ".m4a", "video/mp4": ".mp4"}

ClipState: TypeAlias = Literal["queued", "running", "ready", "failed", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A file that is cut out of a video, or put together of parts of it.

    Attributes:
        id: Its id, which follows from what it shows: whoever asks for the same gets the same.
        owner: Whose it is.
        about: The video, with which it goes.
        generation: Of the video's source; with another one, it is another video's clip.
        source: The file that it is cut out of.
        segment: What was asked for, in words of the request.
        spans: What it shows, in this order: ``[start_s, end_s)`` on the source's timeline.
        box: x, y, width, height in 0..1 of the picture that is kept; None for all of it.
        name: What to save it as.
        requested_at: When it was asked for last.
        due_at: When somebody has to look at it: to make it, to take it over, or to remove it.
        state: ``expired`` while it is removed.
        tries: How often making it was begun; the token of whoever makes it, and part of the object's name.
        tries_left: How often it may still be begun before it is given up.
        progress: How far it is, 0..1.
        file: The file, once it is ready.
        duration_s: Seconds that it lasts, measured once it is ready.
        size: Width and height of its pictures in pixels, measured once it is ready; None for sound alone.
        note: What it does not show of what was asked for, and why; a sentence for a person.
        reason: Why it failed or waits for another try; a sentence for a person.
    """

    id: str
    owner: str
    about: str
    generation: int
    source: ObjectRef
    segment: str
    spans: tuple[tuple[float, float], ...]
    box: Box | None = None
    name: str
    requested_at: datetime
    due_at: datetime
    state: ClipState = "queued"
    tries: int = 0
    tries_left: int = _MAX_TRIES
    progress: float = 0.0
    file: ObjectRef | None = None
    duration_s: float = 0.0
    size: tuple[int, int] | None = None
    note: str = ""
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be made."""
        return self.state in {"queued", "running"}

    @property
    def length_s(self) -> float:
        """Seconds that were asked for."""
        return sum(end_s - start_s for start_s, end_s in self.spans)

    def asked_again(self, fresh: Clip) -> Clip:
        """Returns it as somebody finds it who asks for the same, whom ``fresh`` was made for.

        What is being made or is there stays, and is kept from now on; what failed or is removed is made anew.
        """
        if self.is_open:
            return self
        if self.state == "ready":
            return replace(self, note=fresh.note, requested_at=fresh.requested_at, due_at=fresh.due_at + _KEPT)
        return replace(fresh, tries=self.tries)  # nobody writes to an object that an earlier try may still write

    def begun(self, now: datetime, lease_s: float) -> Clip:
        """Returns it as somebody makes it who was told that it is due; failed when that was tried too often."""
        if not self.tries_left:
            return self.failed("Making the clip failed time and again. Ask for it again later.", now)
        return replace(
            self,
            state="running",
            tries=self.tries + 1,
            tries_left=self.tries_left - 1,
            progress=0.0,
            due_at=now + timedelta(seconds=lease_s),
            reason="",
        )

    def extended(self, progress: float, now: datetime, lease_s: float) -> Clip:
        """Returns it as whoever makes it is still at it."""
        return replace(self, progress=progress, due_at=now + timedelta(seconds=lease_s))

    def completed(
        self, file: ObjectRef, duration_s: float, now: datetime, *, size: tuple[int, int] | None = None
    ) -> Clip:
        """Returns it with its file."""
        done = replace(self, state="ready", progress=1.0, file=file, duration_s=duration_s, size=size)
        return replace(done, due_at=now + _KEPT, reason="")

    def interrupted(self, now: datetime) -> Clip:
        """Returns it as a worker gives it back that is to end: that try does not count."""
        return replace(self, state="queued", tries_left=self.tries_left + 1, due_at=now)

    def postponed(self, reason: str, now: datetime) -> Clip:
        """Returns it as a try leaves it that failed, and that may succeed a little later."""
        pause = _FIRST_PAUSE * 2 ** (_MAX_TRIES - 1 - self.tries_left)
        return replace(self, state="queued", reason=reason, due_at=now + pause)

    def failed(self, reason: str, now: datetime) -> Clip:
        """Returns it given up."""
        return replace(self, state="failed", reason=reason, due_at=now + _KEPT)

    def expired(self, now: datetime) -> Clip:
        """Returns it as it is removed: whoever makes it must not complete it, and sweep goes on with that.

        It is remembered until they must have heard of it: whoever asks anew is not to begin with their number.
        """
        due_at = max(self.due_at, now) if self.state == "running" else now
        return replace(self, state="expired", file=None, due_at=due_at)


def new_clip(video: Video, source: ObjectRef, choice: ClipChoice, now: datetime) -> Clip:
    """Returns a clip that is due at once.

    Args:
        video: The video.
        source: The file that it is cut out of.
        choice: What it shows.
        now: The time.
    """
    shown = (video.id, video.source.generation, source.name, choice.spans, choice.box)
    stem = video.source.name.rpartition(".")[0] or video.source.name
    stem = stem.encode(errors="replace")[:_MAX_STEM_BYTES].decode(errors="ignore")
    part = choice.name + ("" if choice.box is None else "-vertical")
    return Clip(
        id="c" + hashlib.sha256(encode_json(shown).encode()).hexdigest()[:31],
        owner=video.owner,
        about=video.id,
        generation=video.source.generation,
        source=source,
        segment=choice.segment,
        spans=choice.spans,
        box=choice.box,
        note=choice.note,
        name=f"{stem}-{part}{_SUFFIXES.get(source.content_type, '.mp4')}",
        requested_at=now,
        due_at=now,
    )


def clip_object(clip: Clip, number: int) -> str:
    """Returns the name in the media bucket of what a try makes: no two write to the same one.

    Args:
        clip: The clip.
        number: The try, from 1.
    """
    folder = object_prefix(clip.about, clips_key(clip.generation))
    return f"{folder}{clip.id}/{number}{_SUFFIXES.get(clip.source.content_type, '.mp4')}"
