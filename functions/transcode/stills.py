"""The pictures that stand for a video, taken from what was encoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.transcode.plan import plan_storyboard
from shared.domain.media import MediaInfo
from shared.domain.records import Choice
from shared.ports.encoder import EncodedPictures, EncodedRung
from shared.ports.media_tool import MediaTool
from shared.processors.stage import StageContext

__all__ = ["Stills", "make_stills"]

_POSTER_SHORT_SIDE = 720
"""A poster is a 720p picture at most."""

_JUDGED_SHORT_SIDE = 360
"""From here on pictures are judged alike, and larger ones only cost more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stills:
    """The pictures.

    Attributes:
        poster: The one that stands for all.
        why: Why it does.
        storyboard: Sheets of small ones, in time order.
        storyboard_vtt: Where in them which second is shown.
    """

    poster: Path
    why: Choice
    storyboard: Sequence[Path]
    storyboard_vtt: Path

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yields each file with its role."""
        yield "poster", self.poster
        for sheet in self.storyboard:
            yield "storyboard", sheet
        yield "storyboard_vtt", self.storyboard_vtt


def make_stills(tool: MediaTool, context: StageContext, media: MediaInfo, pictures: EncodedPictures) -> Stills:
    """Makes them.

    Args:
        tool: What takes pictures.
        context: The attempt.
        media: The source.
        pictures: What was encoded of it.
    """
    from functions.transcode.storyboard import storyboard_vtt  # a cold start need not wait for its library

    rungs = [one for one in pictures.rungs if one.rung.codec == "h264"]  # the quickest to decode
    poster, why = _poster(tool, context, media, rungs)
    plan = plan_storyboard(media, tuple(one.rung for one in rungs))
    sheets = tool.storyboard(pictures.proxy, plan, context.workspace, context)
    vtt = context.workspace / "storyboard.vtt"
    vtt.write_text(storyboard_vtt(media, plan, [sheet.name for sheet in sheets]))
    return Stills(poster=poster, why=why, storyboard=sheets, storyboard_vtt=vtt)


def _poster(
    tool: MediaTool, context: StageContext, media: MediaInfo, rungs: Sequence[EncodedRung]
) -> tuple[Path, Choice]:
    from functions.transcode.poster import best, candidate_times, seen  # nor for OpenCV

    judged = next((one for one in reversed(rungs) if _short_side(one) >= _JUDGED_SHORT_SIDE), rungs[0])
    stream = media.video[0]
    times_s = candidate_times(
        tool.key_frame_times(judged.path, context), stream.start_s, stream.start_s + stream.duration_s
    )
    folder = context.workspace / "poster"
    folder.mkdir()
    paths = tool.stills(judged.path, times_s, folder, context)
    chosen, reason = best([seen(time_s, path) for time_s, path in zip(times_s, paths, strict=True)])
    shown = next((one for one in rungs if _short_side(one) <= _POSTER_SHORT_SIDE), rungs[-1])
    (poster,) = (
        [chosen.path] if shown is judged else tool.stills(shown.path, [chosen.time_s], context.workspace, context)
    )
    poster = poster.rename(context.workspace / "poster.jpg")
    return poster, Choice(subject="poster", value=_clock(chosen.time_s), reason=reason)


def _short_side(encoded: EncodedRung) -> int:
    return min(encoded.rung.width, encoded.rung.height)


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s, 1), 60)
    return f"{int(minutes)}:{seconds:04.1f}"
