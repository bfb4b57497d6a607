"""Cutting the spans in which somebody speaks out of the analysis audio, without ever holding all of it."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from shared.domain.errors import ConfigurationError, TransientError
from shared.ports.speech import SpokenSpan

__all__ = ["SAMPLE_RATE_HZ", "SpokenPiece", "spoken_pieces"]

SAMPLE_RATE_HZ: Final = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenPiece:
    """A stretch of speech: its span in seconds, and its samples as 16 bit little-endian mono PCM."""

    start_s: float
    end_s: float
    pcm: bytes


def spoken_pieces(audio: Path, spans: Sequence[SpokenSpan], max_s: float) -> Iterator[SpokenPiece]:
    """Yields the spans in the order given, those longer than max_s in equal parts.

    Args:
        audio: WAV, 16 kHz, mono, 16 bit.
        spans: What to cut out; what lies beyond the end of the sound is left out.
        max_s: Longest piece, in seconds.

    Raises:
        ConfigurationError: ``wrong_audio_format``.
        TransientError: ``audio_unreadable``.
    """
    try:
        with wave.open(str(audio), "rb") as wav:
            if (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) != (1, 2, SAMPLE_RATE_HZ):
                raise ConfigurationError("wrong_audio_format", "The analysis audio is not 16 kHz, mono, 16 bit.")
            for start, end in _parts(spans, wav.getnframes(), math.ceil(max_s * SAMPLE_RATE_HZ)):
                wav.setpos(start)
                pcm = wav.readframes(end - start)
                yield SpokenPiece(start_s=start / SAMPLE_RATE_HZ, end_s=end / SAMPLE_RATE_HZ, pcm=pcm)
    except (wave.Error, EOFError) as error:
        raise TransientError("audio_unreadable", f"The analysis audio can't be read: {error}.") from error


def _parts(spans: Sequence[SpokenSpan], samples: int, longest: int) -> Iterator[tuple[int, int]]:
    for span in spans:
        start = round(span.start_s * SAMPLE_RATE_HZ)
        end = min(round(span.end_s * SAMPLE_RATE_HZ), samples)
        parts = math.ceil((end - start) / longest)
        edges = [start + (end - start) * part // parts for part in range(parts)] + [end]
        yield from pairwise(edges)
