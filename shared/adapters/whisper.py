"""Writing down speech with faster-whisper and a model that the user provides."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from shared.adapters.spoken_audio import SpokenPiece, spoken_pieces
from shared.domain.errors import ConfigurationError
from shared.ports.speech import SpokenSpan
from shared.ports.tool_session import ToolSession

__all__ = ["WhisperTranscriber"]

_WINDOW_S: Final = 30.0  # what the model takes at once; less costs the same
# Without its tokenizer in the folder, faster-whisper would fetch one.
_NEEDED_FILES: Final = ("model.bin", "config.json", "tokenizer.json")


class WhisperTranscriber:
    """Implements Transcriber on the device; never touches the network.

    Args:
        model_dir: Folder of a model converted for CTranslate2.
        threads: CPU threads. The default is what the analyze function gets in pipeline.json.

    Raises:
        ConfigurationError: ``whisper_model_missing`` or ``whisper_model_unusable``.
    """

    name = "faster-whisper"
    languages: frozenset[str] = frozenset()

    def __init__(self, model_dir: Path, threads: int = 2) -> None:
        missing = [file for file in _NEEDED_FILES if not (model_dir / file).is_file()]
        if missing:
            raise ConfigurationError(
                "whisper_model_missing",
                f"{model_dir} has no {', '.join(missing)}; name the folder of a complete faster-whisper model.",
            )
        import faster_whisper

        self.version = f"{version('faster-whisper')}/{model_dir.name}"
        try:
            self._model = faster_whisper.WhisperModel(
                str(model_dir),
                device="cpu",
                compute_type="int8",  # half the memory and time of float32 on a CPU, at hardly any loss
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            raise ConfigurationError(
                "whisper_model_unusable", f"The model in {model_dir} can't be loaded: {error}"
            ) from error

    def transcribe(self, audio: Path, spans: Sequence[SpokenSpan], session: ToolSession) -> Iterable[SpokenSpan]:
        total_s = sum(span.end_s - span.start_s for span in spans)
        heard_s = 0.0
        # Detected in the first window, then kept: a video seldom changes it.
        language: str | None = None
        language_confidence = 0.0
        for window in _windows(spoken_pieces(audio, spans, _WINDOW_S)):
            pcm = b"".join(piece.pcm for piece in window)
            segments, info = self._model.transcribe(
                np.frombuffer(pcm, "<i2").astype(np.float32) / 2**15,
                language=language,
                # A mistake in one window must not lead the next one astray.
                condition_on_previous_text=False,
            )
            if language is None:
                language, language_confidence = info.language, info.language_probability
            for segment in segments:
                yield SpokenSpan(
                    start_s=_on_timeline(segment.start, window),
                    end_s=_on_timeline(segment.end, window),
                    text=segment.text.strip(),
                    confidence=math.exp(min(segment.avg_logprob, 0.0)) * (1.0 - segment.no_speech_prob),
                    language=language,
                    language_confidence=language_confidence,
                )
            heard_s += _length_s(window)
            session.progress(min(heard_s / total_s, 1.0))


def _windows(pieces: Iterable[SpokenPiece]) -> Iterator[list[SpokenPiece]]:
    """Yields neighbouring pieces that together fit into one window."""
    window: list[SpokenPiece] = []
    for piece in pieces:
        if window and _length_s([*window, piece]) > _WINDOW_S:
            yield window
            window = []
        window.append(piece)
    if window:
        yield window


def _length_s(window: Sequence[SpokenPiece]) -> float:
    return sum(piece.end_s - piece.start_s for piece in window)


def _on_timeline(heard_at_s: float, window: Sequence[SpokenPiece]) -> float:
    """Turns seconds of joined speech back into seconds of the video."""
    for piece in window:
        length_s = piece.end_s - piece.start_s
        if heard_at_s <= length_s:
            return piece.start_s + heard_at_s
        heard_at_s -= length_s
    return window[-1].end_s
