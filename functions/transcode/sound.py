"""Which sound tracks and subtitles are made, what was decided about their loudness, and the sound's picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.domain.encoding import MAX_SOUND_TRACKS, EncodingSettings, SoundPlan, SoundTrack, SubtitleTrack
from shared.domain.media import AudioStream, Loudness, MediaInfo, SubtitleStream
from shared.domain.records import Choice
from shared.domain.subtitles import webvtt_cues
from shared.ports.encoder import EncodedTrack
from shared.ports.media_tool import MediaTool
from shared.ports.packager import PackagedText
from shared.processors.stage import StageContext

__all__ = ["plan_sound", "plan_subtitles", "sound_choice", "write_subtitles"]

_AUDIO_BPS = 128_000
_MAX_SUBTITLES = 16
_TEXT_KINDS = frozenset({"ass", "mov_text", "ssa", "subrip", "text", "webvtt"})


def plan_sound(media: MediaInfo, settings: EncodingSettings) -> SoundPlan | None:
    """Returns the plan for a source's sound; None when it has none."""
    streams = media.audio[:MAX_SOUND_TRACKS]
    if not streams:
        return None
    names = ["audio", *_names("audio", streams[1:])]
    return SoundPlan(
        tracks=tuple(
            SoundTrack(index=stream.index, name=name, language=stream.language, channels=min(stream.channels, 2))
            for stream, name in zip(streams, names, strict=True)
        ),
        bitrate_bps=_AUDIO_BPS,
        loudness_lufs=None if settings.loudness_lufs == "off" else settings.loudness_lufs,
        true_peak_dbtp=settings.true_peak_dbtp,
    )


def plan_subtitles(media: MediaInfo) -> tuple[SubtitleTrack, ...]:
    """Returns the subtitles that are text and can be shown by any player, as far as there are not too many."""
    streams = [stream for stream in media.subtitles if stream.codec in _TEXT_KINDS][:_MAX_SUBTITLES]
    return tuple(
        SubtitleTrack(index=stream.index, name=name, language=stream.language)
        for stream, name in zip(streams, _names("subtitles", streams), strict=True)
    )


def write_subtitles(context: StageContext, media_tool: MediaTool, media: MediaInfo, folder: Path) -> list[PackagedText]:
    """Writes a source's subtitles as WebVTT and says what was left out.

    Args:
        context: The attempt.
        media_tool: Reads them.
        media: The source.
        folder: Where to write them.
    """
    tracks = plan_subtitles(media)
    read = media_tool.subtitles(context.source(), media, tracks, context.workspace, context) if tracks else ()
    texts, incomplete = [], len(media.subtitles) - len(tracks)
    for track, subtitles in zip(tracks, read, strict=True):
        incomplete += not subtitles.complete
        if subtitles.cues:
            path = folder / f"{track.name}.vtt"
            path.write_text(webvtt_cues(subtitles.cues), encoding="utf-8", errors="replace")
            label = track.name.replace("-", " ").capitalize()
            texts.append(PackagedText(label=label, language=track.language, path=path))
    if incomplete:
        context.caveat(
            "subtitles_left_out",
            f"{incomplete} of the file's {len(media.subtitles)} subtitle tracks can't be shown, or not all of them: "
            "they are pictures, damaged, or too many.",
        )
    return texts


def sound_choice(encoded: EncodedTrack, plan: SoundPlan) -> Choice:
    """Returns what was decided about a track's level."""
    subject = "sound" if encoded.track == plan.tracks[0] else f"sound {encoded.track.name}"
    if encoded.result is None:
        why = "loudness is off" if plan.loudness_lufs is None else "there is nothing in it to be measured"
        return Choice(subject=subject, value="as it is", reason=f"{_figures(encoded.source)}: {why}.")
    reason = f"{_figures(encoded.source)}; now {_figures(encoded.result)}."
    reason += f" The target is {plan.loudness_lufs:g} LUFS with peaks of {plan.true_peak_dbtp:g} dBTP at most."
    value = f"{encoded.gain_db:+.1f} dB, highest peaks held down" if encoded.limited else f"{encoded.gain_db:+.1f} dB"
    return Choice(subject=subject, value=value, reason=reason)


def _figures(loudness: Loudness) -> str:
    integrated, peak = loudness.integrated_lufs, loudness.true_peak_dbtp
    level = "below -70 LUFS" if integrated is None else f"{integrated:.1f} LUFS"
    return level if peak is None else f"{level}, true peak {peak:.1f} dBTP"


def _names(kind: str, streams: Sequence[AudioStream | SubtitleStream]) -> Iterator[str]:
    """Yields a name for each: its language if no other has that name, otherwise with a number."""
    taken: set[str] = set()
    for number, stream in enumerate(streams, 2 if kind == "audio" else 1):
        name = f"{kind}-{number}" if stream.language == "und" else f"{kind}-{stream.language}"
        if name in taken:
            name = f"{kind}-{stream.language}-{number}"
        taken.add(name)
        yield name
