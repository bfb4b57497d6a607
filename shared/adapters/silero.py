"""Silero VAD as a SpeechDetector: the ONNX model that faster-whisper's wheel carries, run by onnxruntime alone.

faster-whisper itself is not imported: it brings a translation engine, a media library and a tokenizer with it,
none of which detecting speech needs.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.domain.errors import ConfigurationError
from shared.ports.speech import SpokenSpan

__all__ = ["SileroSpeechDetector"]

_RATE_HZ = 16_000
_WINDOW = 512
"""Samples the model judges at once, 32 ms."""

_CONTEXT = 64
"""Samples before a window that the model wants to see with it."""

_BLOCK = 1000 * _WINDOW
"""Samples read at a time, 32 s: the model's state goes from block to block, so memory stays the same."""

_SPEECH = 0.5
_NO_SPEECH = 0.35
_MIN_PAUSE_S = 0.3
_MIN_SPEECH_S = 0.25
_PAD_S = 0.1


class SileroSpeechDetector:
    """Implements SpeechDetector."""

    name = "silero-vad"
    version = "6"

    def detect(self, audio: Path) -> Sequence[SpokenSpan]:
        with wave.open(str(audio), "rb") as sound:
            duration_s = sound.getnframes() / _RATE_HZ
        spans = _spans(self._probabilities(audio))
        return [
            SpokenSpan(
                start_s=max(start * _WINDOW / _RATE_HZ - _PAD_S, 0.0),
                end_s=min(end * _WINDOW / _RATE_HZ + _PAD_S, duration_s),
                confidence=confidence,
            )
            for start, end, confidence in spans
        ]

    def _probabilities(self, audio: Path) -> Iterator[float]:
        state = np.zeros((1, 1, 128), np.float32)
        cell = np.zeros((1, 1, 128), np.float32)
        context = np.zeros(_CONTEXT, np.float32)
        for windows in _windows(audio):
            ends = windows[:, -_CONTEXT:]
            contexts = np.concatenate([context[np.newaxis], ends[:-1]])
            context = ends[-1]
            batch = np.concatenate([contexts, windows], axis=1)
            heard, state, cell = self._model.run(None, {"input": batch, "h": state, "c": cell})
            yield from heard.tolist()

    @cached_property
    def _model(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # A model this small is slower on several threads, and other videos want the cores.
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(str(_model_file()), options, providers=["CPUExecutionProvider"])


def _model_file() -> Path:
    package = find_spec("faster_whisper")
    places = package.submodule_search_locations if package else None
    found = [file for place in places or () for file in Path(place).glob("assets/silero_vad_v6*.onnx")]
    if not found:
        raise ConfigurationError(
            "speech_model_missing",
            "Silero VAD 6 is not in the installed faster-whisper. Install the pinned requirements.",
        )
    return found[0]


def _windows(audio: Path) -> Iterator[npt.NDArray[np.float32]]:
    """Yields rows of samples, -1..1; the last row is filled up with silence."""
    with wave.open(str(audio), "rb") as sound:
        while data := sound.readframes(_BLOCK):
            samples = np.frombuffer(data, "<i2")
            windows = np.zeros((-(-len(samples) // _WINDOW), _WINDOW), np.float32)
            windows.ravel()[: len(samples)] = samples / np.float32(32768)
            yield windows


def _spans(probabilities: Iterable[float]) -> Iterator[tuple[int, int, float]]:
    """Yields first window, end and mean probability of each stretch of speech.

    Speech begins at a high probability and ends at a low one, so that a value between them changes nothing;
    a pause too short is bridged, and speech too short is a click or a cough.
    """
    min_pause = round(_MIN_PAUSE_S * _RATE_HZ / _WINDOW)
    min_speech = round(_MIN_SPEECH_S * _RATE_HZ / _WINDOW)
    start: int | None = None
    end, total, spoken = 0, 0.0, 0
    for position, probability in enumerate(probabilities):
        if start is None:
            if probability >= _SPEECH:
                start, end, total, spoken = position, position + 1, probability, 1
        elif probability >= _NO_SPEECH:
            end, total, spoken = position + 1, total + probability, spoken + 1
        elif position - end >= min_pause:
            if end - start >= min_speech:
                yield start, end, total / spoken
            start = None
    if start is not None and end - start >= min_speech:
        yield start, end, total / spoken
