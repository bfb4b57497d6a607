"""Encoding the sound, whole: measured, then brought to its loudness, then measured again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_sound, for_unpacked_sound
from shared.adapters.ffmpeg.encode import DecodeErrors
from shared.adapters.ffmpeg.graph import opened, others_read
from shared.adapters.ffmpeg.indexing import COPIED
from shared.adapters.ffmpeg.leveling import Level, Try, best_try, corrected_level, first_level
from shared.adapters.ffmpeg.levels import LevelMeter
from shared.adapters.ffmpeg.loudness import Meters, measure_loudness
from shared.adapters.ffmpeg.outputs import CLEAN, MP4
from shared.adapters.ffmpeg.pipes import Pipes
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.encoding import SoundPlan, SoundTrack
from shared.domain.errors import PermanentError, TransientError
from shared.domain.media import Loudness, MediaInfo
from shared.domain.sound_levels import SoundLevels
from shared.ports.encoder import EncodedSound, EncodedTrack
from shared.ports.tool_session import ToolSession

__all__ = ["encode_sound"]

_RATE_HZ = 48_000
# Peaks between samples are samples at four times the rate, near enough for BS.1770 and for a limiter.
_OVERSAMPLED_HZ = 4 * _RATE_HZ


def encode_sound(
    programs: Programs, source: Path, media: MediaInfo, plan: SoundPlan, folder: Path, session: ToolSession
) -> EncodedSound:
    """Makes what is heard and what is analyzed.

    Raises:
        PermanentError: ``corrupt``: the sound can't be decoded.
        TransientError: The machine or a limit is at fault.
    """
    work = _Work(programs, source, media, plan, folder, session)
    measured = heard = work.measured()
    if heard.changes:
        work = work.unchanging()
        measured = work.measured()
    if measured.changes:
        raise TransientError("bad_output", "The sound still changes after it was made to be of one kind.")
    if measured.levels.cancels_out:
        work.write_analysis_audio_of_one_channel()
    tracks = [
        EncodedTrack(track=track, path=folder / f"{track.name}.mp4", source=loudness)
        for track, loudness in zip(work.plan.tracks, measured.loudness, strict=True)
    ]
    levels = {encoded.track.name: first_level(encoded.source, plan) for encoded in tracks}
    work.encode(tracks, levels)
    finished = zip(work.brought_to_level(tracks, levels), plan.tracks, strict=True)
    return EncodedSound(
        tracks=tuple(replace(encoded, track=track) for encoded, track in finished),
        analysis_audio=work.analysis_audio,
        decode_errors=heard.decode_errors,
        levels=measured.levels,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    loudness: Sequence[Loudness]
    levels: SoundLevels
    decode_errors: int
    changes: bool
    """Whether a track becomes one of another kind: then the rest was measured, after silence since 0."""


class _Work:
    def __init__(
        self,
        programs: Programs,
        source: Path,
        media: MediaInfo,
        plan: SoundPlan,
        folder: Path,
        session: ToolSession,
        options: tuple[str, ...] = (),
    ) -> None:
        self._programs = programs
        self._source = source
        self._media = media
        self.plan = plan
        self._folder = folder
        self._session = session
        self._options = options
        self._limits = for_sound(media, plan)
        self.analysis_audio = folder / "analysis.wav"

    def measured(self) -> _Measured:
        """Decodes everything once: writes what is analyzed, measures the tracks and the first one's channels."""
        read, tracks = opened(self._source, self._media), self.plan.tracks
        errors = DecodeErrors({track.index for track in tracks})
        stream = next(stream for stream in self._media.audio if stream.index == tracks[0].index)
        with closing(Pipes(len(tracks) + 1)) as pipes:
            meters, levels = Meters(pipes.targets[:-1]), LevelMeter(stream, pipes.targets[-1])
            decoded = read[str(tracks[0].index)].asplit()
            heard = _timed(decoded[0], tracks[0]).asplit()
            others = [_timed(read[str(track.index)], track) for track in tracks[1:]]
            outputs = [meters.output(sound, number) for number, sound in enumerate((heard[0], *others))]
            outputs += [self._analysis_output(heard[1]), levels.output(decoded[1])]
            with self._programs.encode(
                self._graph(read, tracks, outputs),
                self._folder,
                self._session,
                limits=self._limits,
                options=self._options,
                pass_fds=pipes.pass_fds,
                on_log=errors.note,
            ) as tool:
                pipes.follow([*meters.takers, levels.take])
        if tool.returncode and errors.count:
            detail = "The sound is damaged and can't be decoded. Export the video again."
            raise PermanentError("corrupt", detail, log_tail=tool.log_tail, command=tool.command)
        if tool.returncode or not _is_written(self.analysis_audio):
            raise tool_failed(tool)
        return _Measured(
            loudness=[meters.loudness(number, tool) for number in range(len(tracks))],
            levels=levels.levels(),
            decode_errors=errors.count,
            changes=meters.begun_anew,
        )

    def write_analysis_audio_of_one_channel(self) -> None:
        """Decodes the default track again, for of both channels together nothing is left to be analyzed."""
        read, track = opened(self._source, self._media), self.plan.tracks[0]
        left = _timed(read[str(track.index)], track).filter("channelmap", map="FL-FC", channel_layout="mono")
        graph = self._graph(read, [track], [self._analysis_output(left)])
        with self._programs.encode(
            graph, self._folder, self._session, limits=self._limits, options=self._options
        ) as tool:
            tool.stdout.read()
        if tool.returncode or not _is_written(self.analysis_audio):
            raise tool_failed(tool)

    def _analysis_output(self, sound: Any) -> Any:
        wav = {**CLEAN, "acodec": "pcm_s16le", "ar": 16000, "ac": 1, "format": "wav"}
        return sound.output(literal(self.analysis_audio), **wav)

    def unchanging(self) -> _Work:
        """Returns the same work on a copy of the tracks in which each is of one kind from beginning to end."""
        copy, tracks = self._folder / f"sound.{COPIED}", self.plan.tracks
        read = opened(self._source, self._media)
        # NUT can't say of a sample that it comes before 0, where nothing is heard anyway.
        sounds = [_of_one_kind(read[str(track.index)], track).filter("atrim", start=0) for track in tracks]
        # PCM: other codecs have frames of a fixed size, which close the gaps between them.
        output = ffmpeg.output(*sounds, literal(copy), **CLEAN, acodec="pcm_s24le", format=COPIED)
        graph, limits = self._graph(read, tracks, [output]), for_unpacked_sound(self._media, self.plan)
        with self._programs.encode(graph, self._folder, self._session, limits=limits) as tool:
            tool.stdout.read()
        if tool.returncode or not _is_written(copy):
            raise tool_failed(tool)
        streams = {stream.index: stream for stream in self._media.audio}
        audio = tuple(replace(streams[track.index], index=index) for index, track in enumerate(tracks))
        media = replace(self._media, container=COPIED, video=(), audio=audio, size_bytes=copy.stat().st_size)
        plan = replace(self.plan, tracks=tuple(replace(track, index=index) for index, track in enumerate(tracks)))
        # copyts: a sound that begins late must not be moved to 0.
        return _Work(self._programs, copy, media, plan, self._folder, self._session, ("-copyts",))

    def encode(self, tracks: Sequence[EncodedTrack], levels: Mapping[str, Level | None]) -> None:
        """Encodes tracks, each with its change of level."""
        read, outputs = opened(self._source, self._media), []
        for encoded in tracks:
            track = _timed(read[str(encoded.track.index)], encoded.track)
            sound = _leveled(track, levels[encoded.track.name])
            outputs.append(sound.output(literal(encoded.path), **_aac(encoded.track, self.plan)))
        graph = self._graph(read, [encoded.track for encoded in tracks], outputs)
        with self._programs.encode(
            graph, self._folder, self._session, limits=self._limits, options=self._options
        ) as tool:
            tool.stdout.read()
        if tool.returncode or not all(_is_written(encoded.path) for encoded in tracks):
            raise tool_failed(tool)

    def brought_to_level(
        self, tracks: Sequence[EncodedTrack], levels: dict[str, Level | None]
    ) -> list[EncodedTrack]:
        """Measures tracks that were encoded, and encodes those again whose loudness or peaks are off."""
        pending = [encoded for encoded in tracks if levels[encoded.track.name] is not None]
        tried: dict[str, list[Try]] = {encoded.track.name: [] for encoded in pending}
        for attempt in count():
            again = []
            for encoded, latest in zip(pending, self._tries(pending, levels), strict=True):
                name = encoded.track.name
                tried[name].append(latest)
                better = corrected_level(latest.level, encoded.source, latest.result, self.plan, attempt)
                if better is not None:
                    levels[name] = better
                    again.append(encoded)
            if not again:
                break
            self.encode(again, levels)
            pending = again
        best = {name: best_try(tries, self.plan) for name, tries in tried.items() if tries}
        outdone = [
            encoded
            for encoded in tracks
            if encoded.track.name in best and best[encoded.track.name] is not tried[encoded.track.name][-1]
        ]
        if outdone:
            self.encode(outdone, {encoded.track.name: best[encoded.track.name].level for encoded in outdone})
        return [_brought_to(encoded, best.get(encoded.track.name)) for encoded in tracks]

    def _tries(self, tracks: Sequence[EncodedTrack], levels: Mapping[str, Level | None]) -> Iterator[Try]:
        paths = [encoded.path for encoded in tracks]
        results = measure_loudness(self._programs, paths, self._session, self._limits) if paths else []
        for encoded, result in zip(tracks, results, strict=True):
            level = levels[encoded.track.name]
            assert level is not None  # noqa: S101  # only such tracks are measured again
            yield Try(level=level, result=result)

    def _graph(self, read: Any, tracks: Sequence[SoundTrack], outputs: Sequence[Any]) -> Any:
        others = others_read(read, self._media, {track.index for track in tracks})
        return ffmpeg.merge_outputs(*outputs, *others)


def _brought_to(encoded: EncodedTrack, best: Try | None) -> EncodedTrack:
    if best is None:
        return encoded
    limited = best.level.ceiling_db is not None
    return replace(encoded, result=best.result, gain_db=best.level.gain_db, limited=limited)


def _timed(decoded: Any, track: SoundTrack) -> Any:
    # Silence from the timeline's 0 to the first sample and, which follows from that, in every gap: sound stays
    # with the picture.
    return _of_one_kind(decoded, track, first_pts=0)


def _of_one_kind(decoded: Any, track: SoundTrack, **options: int) -> Any:
    return decoded.filter(
        "aresample",
        _RATE_HZ,
        **options,
        ochl="mono" if track.channels == 1 else "stereo",
        osf="fltp",  # what comes out above full scale is not cut off before its level is right
        rematrix_maxval=1,  # mixing down adds no more level than one channel has
    )


def _leveled(sound: Any, level: Level | None) -> Any:
    if level is None:
        return sound
    sound = sound.filter("volume", f"{level.gain_db:.3f}dB", precision="float")
    if level.ceiling_db is None:
        return sound
    limited = sound.filter("aresample", _OVERSAMPLED_HZ).filter(
        "alimiter",
        limit=f"{10 ** (level.ceiling_db / 20):.6f}",
        level="false",  # or it would make everything louder again
        latency="true",  # it looks ahead: without this, sound would come late by that time
    )
    return limited.filter("aresample", _RATE_HZ)


def _aac(track: SoundTrack, plan: SoundPlan) -> dict[str, Any]:
    return {
        **CLEAN,
        "acodec": "aac",
        "b:a": plan.bitrate_bps * track.channels // 2,
        "metadata:s:a:0": f"language={track.language}",
        **MP4,
    }


def _is_written(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
