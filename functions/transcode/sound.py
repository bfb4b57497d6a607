"""Which sound tracks and subtitles are made, what was decided about their loudness, and the sound's picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from functions.transcode.waveform import write_waveform
from shared.domain.encoding import MAX_SOUND_TRACKS, EncodingSettings, SoundPlan, SoundTrack, SubtitleTrack
from shared.domain.media import AudioStream, Loudness, MediaInfo, SubtitleStream
from shared.domain.records import Artifact, Choice, Record
from shared.domain.subtitles import webvtt_cues
from shared.domain.text_tracks import track_label
from shared.ports.encoder import EncodedTrack, Encoder
from shared.ports.media_tool import MediaTool
from shared.ports.packager import PackagedText
from shared.processors.stage import StageContext

__all__ = ["Heard", "make_sound", "plan_sound", "plan_subtitles", "sound_choice", "store_sound"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Everything that is made of a source's sound and subtitles.

    Attributes:
        tracks: The encoded tracks, the default one first; none without sound.
        analysis_audio: What is analyzed; None without sound.
        waveform: Peaks as JSON; None without sound.
        levels: How high its channels go, as JSON; None without sound.
        decode_errors: Pieces of sound that are damaged.
        choices: What was decided.
        texts: Subtitles in WebVTT.
    """

    tracks: tuple[EncodedTrack, ...] = ()
    analysis_audio: Path | None = None
    waveform: Path | None = None
    levels: Path | None = None
    decode_errors: int = 0
    choices: tuple[Choice, ...] = ()
    texts: tuple[PackagedText, ...] = ()

    def track(self, name: str) -> EncodedTrack | None:
        """Returns the track of a name, None when that is no track's."""
        return next((encoded for encoded in self.tracks if encoded.track.name == name), None)

    def sources(self, encoded: EncodedTrack | None, media: MediaInfo) -> Sequence[AudioStream]:
        """Returns the source's streams that a file has: that of its one track, or those of all."""
        streams = {stream.index: stream for stream in media.audio}
        return [streams[one.track.index] for one in ((encoded,) if encoded else self.tracks)]


def make_sound(
    context: StageContext, encoder: Encoder, media_tool: MediaTool, media: MediaInfo, settings: EncodingSettings
) -> Heard:
    """Encodes the sound and draws it, and writes the subtitles to ``stream/`` in the workspace, which it makes.

    Raises:
        PermanentError: ``corrupt``: the sound can't be decoded.
        TransientError: The machine or a limit is at fault.
    """
    folder = context.workspace
    (folder / "stream").mkdir()
    plan, heard = plan_sound(media, settings), Heard()
    if plan is not None:
        sound = encoder.encode_sound(context.source(), media, plan, folder, context)
        waveform, levels = folder / "waveform.json", folder / "sound-levels.json"
        write_waveform(sound.analysis_audio, waveform)
        levels.write_text(sound.levels.to_json())
        heard = Heard(
            tracks=sound.tracks,
            analysis_audio=sound.analysis_audio,
            waveform=waveform,
            levels=levels,
            decode_errors=sound.decode_errors,
            choices=tuple(sound_choice(encoded, plan) for encoded in sound.tracks),
        )
    if len(media.audio) > len(heard.tracks):
        context.caveat(
            "sound_tracks_left_out",
            f"The file has {len(media.audio)} sound tracks; the first {MAX_SOUND_TRACKS} were encoded.",
        )
    return replace(heard, texts=_write_subtitles(context, media_tool, media))


def store_sound(context: StageContext, heard: Heard) -> Iterator[Record]:
    """Stores what is neither a rendition nor a playlist, and says what was decided."""
    yield from heard.choices
    for role, path, content_type in (
        ("analysis_audio", heard.analysis_audio, "audio/wav"),
        ("waveform", heard.waveform, "application/json"),
        ("sound_levels", heard.levels, "application/json"),
    ):
        if path is not None:
            yield Artifact(role=role, object=context.put(path, path.name, content_type))
    for text in heard.texts:
        stored = context.put(text.path, f"stream/{text.path.name}", "text/vtt")
        yield Artifact(role="subtitles", object=stored, language=text.language)


def _write_subtitles(context: StageContext, media_tool: MediaTool, media: MediaInfo) -> tuple[PackagedText, ...]:
    tracks = plan_subtitles(media)
    read = media_tool.subtitles(context.source(), media, tracks, context.workspace, context) if tracks else ()
    texts, incomplete = [], len(media.subtitles) - len(tracks)
    for track, subtitles in zip(tracks, read, strict=True):
        incomplete += not subtitles.complete
        if subtitles.cues:
            path = context.workspace / "stream" / f"{track.name}.vtt"
            path.write_text(webvtt_cues(subtitles.cues), encoding="utf-8", errors="replace")
            texts.append(PackagedText(label=track_label(track.name), language=track.language, path=path))
    if incomplete:
        context.caveat(
            "subtitles_left_out",
            f"{incomplete} of the file's {len(media.subtitles)} subtitle tracks can't be shown, or not all of "
            "them: they are pictures, damaged, or too many.",
        )
    return tuple(texts)


def sound_choice(encoded: EncodedTrack, plan: SoundPlan) -> Choice:
    """Returns what was decided about a track's level."""
    subject = "sound" if encoded.track == plan.tracks[0] else f"sound {encoded.track.name}"
    if encoded.result is None:
        why = "loudness is off" if plan.loudness_lufs is None else "there is nothing in it to be measured"
        return Choice(subject=subject, value="as it is", reason=f"{_figures(encoded.source)}: {why}.")
    reason = f"{_figures(encoded.source)}; now {_figures(encoded.result)}."
    reason += f" The target is {plan.loudness_lufs:g} LUFS with peaks of {plan.true_peak_dbtp:g} dBTP at most."
    value = (
        f"{encoded.gain_db:+.1f} dB, highest peaks held down" if encoded.limited else f"{encoded.gain_db:+.1f} dB"
    )
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
