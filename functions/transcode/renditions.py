"""What a finished encoding is, by its own file, and whether it is what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared.domain.encoding import Rung
from shared.domain.errors import TransientError
from shared.domain.media import AudioStream, MediaInfo, VideoStream
from shared.domain.records import ObjectRef, Rendition
from shared.ports.encoder import EncodedTrack

__all__ = ["Finished", "check_picture", "check_sound"]

_DURATION_SHARE = 0.01
# Coders work in whole frames, of up to 0.05 s of sound and its priming.
_SOUND_FRAMES_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A file ready to be stored, what probing it found, and the sound track in it that it is named after."""

    name: str
    kind: Literal["video", "audio", "mp4"]
    path: Path
    media: MediaInfo
    sound: EncodedTrack | None = None

    def rendition(self, stored: ObjectRef) -> Rendition:
        """Returns the record of the stored file."""
        video = self.media.video[0] if self.media.video else None
        return Rendition(
            name=self.name,
            kind=self.kind,
            codec=video.codec if video else self.media.audio[0].codec,
            width=video.width if video else None,
            height=video.height if video else None,
            fps=video.fps if video else None,
            frames=video.frames if video else None,
            duration_s=self.media.duration_s,
            bitrate_bps=round(stored.size_bytes * 8 / self.media.duration_s),
            object=stored,
            language=self.sound.track.language if self.sound else "und",
            source_loudness=self.sound.source if self.sound else None,
        )


def check_picture(finished: Finished, rung: Rung, source: VideoStream, frames: int | None) -> None:
    """Compares a file with its rung and its source.

    Args:
        finished: The file.
        rung: What was asked for.
        source: The source's picture stream.
        frames: Frames it must have; None when the rung drops some.

    Raises:
        TransientError: ``bad_output``.
    """
    video = finished.media.video[0] if finished.media.video else None
    if video is None or (video.width, video.height) != (rung.width, rung.height):
        raise _bad(finished, f"is not {rung.width}x{rung.height}")
    if video.sample_aspect != 1:
        raise _bad(finished, f"has pixels of {video.sample_aspect}, not square ones")
    if frames is not None and video.frames != frames:
        raise _bad(finished, f"has {video.frames} of {frames} frames")
    # A fragmented file counts from 0, another one from its first frame.
    least_s, most_s = source.duration_s, source.start_s + source.duration_s
    _check_duration(finished, video.duration_s, (least_s, most_s), float(1 / source.fps))


def check_sound(finished: Finished, sources: Sequence[AudioStream], *, damaged: bool) -> None:
    """Compares a file's sound tracks with the source's; what could not be decoded may be missing at their ends.

    Args:
        finished: The file.
        sources: The source's streams, in the order of the file's.
        damaged: Whether something could not be decoded.

    Raises:
        TransientError: ``bad_output``.
    """
    if len(finished.media.audio) != len(sources):
        raise _bad(finished, f"has {len(finished.media.audio)} of {len(sources)} sound tracks")
    for track, source in zip(finished.media.audio, sources, strict=True):
        least_s = 0.0 if damaged else source.duration_s + min(source.start_s, 0.0)
        _check_duration(finished, track.duration_s, (least_s, source.start_s + source.duration_s), _SOUND_FRAMES_S)


def _check_duration(finished: Finished, duration_s: float, bounds_s: tuple[float, float], slack_s: float) -> None:
    least_s, most_s = bounds_s
    slack_s = max(slack_s, most_s * _DURATION_SHARE)
    if not least_s - slack_s <= duration_s <= most_s + slack_s:
        raise _bad(finished, f"lasts {duration_s:.2f} s where the source lasts {most_s:.2f} s")


def _bad(finished: Finished, what: str) -> TransientError:
    return TransientError("bad_output", f"The encoded file {finished.path.name} {what}; it was thrown away.")
