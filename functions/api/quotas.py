"""What one owner may have: refused before a byte is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from functions.api.problems import Refusal
from shared.domain.clips import Clip
from shared.ports.video_repository import Usage
from shared.settings import QuotaSettings

__all__ = ["Quotas", "stored_bytes"]

_UNFINISHED_RETRY_S: Final = 60.0
"""How long some video takes to be finished, more or less."""


class Quotas:
    """The limits of every owner.

    What several requests ask for at the same time is not added up: an owner may get a little over a limit.

    Args:
        most: The limits.
        largest_bytes: Bytes that one file may have.
    """

    def __init__(self, most: QuotaSettings, largest_bytes: int) -> None:
        self._most = most
        self._largest_bytes = largest_bytes

    def check_file(self, size_bytes: int) -> None:
        """Refuses a file that is too large for anybody."""
        if size_bytes > self._largest_bytes:
            raise Refusal(
                413,
                "too_large",
                f"The file has {size_bytes} bytes; {self._largest_bytes} is the most. Export it smaller.",
                field="size_bytes",
            )

    def check_owner(self, usage: Usage, *, videos: int, more_bytes: int) -> None:
        """Refuses what would be too much for an owner.

        Args:
            usage: What they have.
            videos: Videos that are to be added.
            more_bytes: Bytes that are to be added, as far as that is known.
        """
        if usage.unfinished >= self._most.unfinished:
            raise Refusal(
                429,
                "too_many_unfinished",
                f"{usage.unfinished} of your videos are being uploaded or processed. Wait until some are done.",
                retry_after_s=_UNFINISHED_RETRY_S,
            )
        wanted = {
            "videos": (usage.videos + videos, self._most.videos),
            "bytes": (usage.source_bytes + more_bytes, self._most.bytes),
            # How long the video is, nobody knows yet.
            "minutes of video": (usage.media_s / 60, self._most.minutes),
        }
        for what, (amount, most) in wanted.items():
            if amount > most:
                raise Refusal(
                    413,
                    "quota_exceeded",
                    f"That would be {amount:.15g} {what}; you may have {most:.15g}. Delete some.",
                )

    def check_clip(self, usage: Usage, clips: Sequence[Clip], more_bytes: int) -> None:
        """Refuses a clip that would be too much for an owner.

        Args:
            usage: What they have.
            clips: The clips that they have.
            more_bytes: Bytes that it will take.
        """
        waiting = sum(clip.is_open for clip in clips)
        if waiting >= self._most.unfinished:
            raise Refusal(
                429,
                "too_many_unfinished",
                f"{waiting} of your clips are being made. Wait until some are done.",
                retry_after_s=_UNFINISHED_RETRY_S,
            )
        wanted_bytes = usage.source_bytes + sum(map(stored_bytes, clips)) + more_bytes
        if wanted_bytes > self._most.bytes:
            raise Refusal(
                413,
                "quota_exceeded",
                f"That would be {wanted_bytes} bytes of videos and clips; you may have {self._most.bytes}. "
                "Delete some.",
            )


def stored_bytes(clip: Clip) -> int:
    """Returns the bytes that a clip takes."""
    return 0 if clip.file is None else clip.file.size_bytes
