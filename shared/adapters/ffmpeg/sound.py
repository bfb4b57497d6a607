"""Encoding the sound, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_sound
from shared.adapters.ffmpeg.encode import DecodeErrors
from shared.adapters.ffmpeg.graph import opened, others_read
from shared.adapters.ffmpeg.outputs import CLEAN, MP4
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.encoding import SoundPlan
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.ports.encoder import EncodedSound
from shared.ports.tool_session import ToolSession

__all__ = ["encode_sound"]


def encode_sound(
    programs: Programs, source: Path, media: MediaInfo, plan: SoundPlan, folder: Path, session: ToolSession
) -> EncodedSound:
    """Makes what is heard and what is analyzed with one process.

    Raises:
        PermanentError: ``corrupt``: the sound can't be decoded.
        TransientError: The machine or a limit is at fault.
    """
    audio, analysis_audio = folder / "audio.mp4", folder / "analysis.wav"
    errors = DecodeErrors()
    read, index = opened(source, media), media.audio[0].index
    heard = _outputs(read[str(index)], plan, audio, analysis_audio)
    graph = ffmpeg.merge_outputs(*heard, *others_read(read, media, index))
    limits = for_sound(media, plan)
    with programs.encode(graph, folder, session, limits=limits, on_log=errors.note) as tool:
        tool.stdout.read()
    if tool.returncode and errors.count:
        detail = "The sound is damaged and can't be decoded. Export the video again."
        raise PermanentError("corrupt", detail, log_tail=tool.log_tail, command=tool.command)
    if tool.returncode or not all(path.is_file() and path.stat().st_size for path in (audio, analysis_audio)):
        raise tool_failed(tool)
    return EncodedSound(audio=audio, analysis_audio=analysis_audio, decode_errors=errors.count)


def _outputs(sound: Any, plan: SoundPlan, audio: Path, analysis_audio: Path) -> list[Any]:
    # Silence from the timeline's 0 to the first sample and, which follows from that, in every gap: sound stays
    # with the picture.
    timed = sound.filter("aresample", 48000, first_pts=0)
    branches = timed.filter("aformat", channel_layouts="stereo|mono").asplit()
    aac = {**CLEAN, "acodec": "aac", "b:a": plan.bitrate_bps, **MP4}
    wav = {**CLEAN, "acodec": "pcm_s16le", "ar": 16000, "ac": 1, "format": "wav"}
    return [
        branches[0].output(literal(audio), **aac),
        branches[1].output(literal(analysis_audio), **wav),
    ]
