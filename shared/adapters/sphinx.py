"""Writing down speech with PocketSphinx and the English model inside its wheel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from shared.adapters.spoken_audio import SpokenPiece, spoken_pieces
from shared.domain.transcript import CAPTION_MAX_CHARS
from shared.ports.speech import SpokenSpan
from shared.ports.tool_session import ToolSession

__all__ = ["SphinxTranscriber"]

# The model knows read American English only. Other speech, music and other languages still come out as fluent
# English words that it rates as sure, so nothing it hears is worth more than a hint.
_MAX_CONFIDENCE: Final = 0.4
_MAX_PIECE_S: Final = 20.0  # its search slows down and its memory grows with the length of an utterance
_FRAMES_A_SECOND: Final = 100
_PAUSE_FRAMES: Final = 30
_MIN_POSTERIOR: Final = 0.25  # mean of a phrase; below it, hardly a word was right in the clips it was tried on


class SphinxTranscriber:
    """Implements Transcriber on the device: rough, always available, never touches the network."""

    name = "pocketsphinx"
    languages = frozenset({"en", "eng"})

    def __init__(self) -> None:
        self.version = version("pocketsphinx")

    def transcribe(self, audio: Path, spans: Sequence[SpokenSpan], session: ToolSession) -> Iterable[SpokenSpan]:
        from pocketsphinx import Decoder

        # A decoder adapts to what it has heard; a fresh one makes the result depend on this audio alone.
        decoder = Decoder(loglevel="FATAL")
        total_s = sum(span.end_s - span.start_s for span in spans)
        heard_s = 0.0
        for piece in spoken_pieces(audio, spans, _MAX_PIECE_S):
            decoder.start_utt()
            decoder.process_raw(piece.pcm, no_search=False, full_utt=True)
            decoder.end_utt()
            yield from _phrases(piece, decoder.seg() or ())
            heard_s += piece.end_s - piece.start_s
            session.progress(min(heard_s / total_s, 1.0))


def _phrases(piece: SpokenPiece, segments: Iterable[Any]) -> Iterator[SpokenSpan]:
    """Yields what was said between two pauses, in several parts if it is long.

    A decoder's segment has a word, its posterior and its frames.
    """
    heard = [segment for segment in segments if _is_word(segment) or _frames(segment) >= _PAUSE_FRAMES]
    for is_word, group in groupby(heard, key=_is_word):
        for said in _lines(group) if is_word else ():
            posterior = fmean(segment.prob for segment in said)
            if posterior >= _MIN_POSTERIOR:
                yield SpokenSpan(
                    start_s=piece.start_s + said[0].start_frame / _FRAMES_A_SECOND,
                    end_s=min(piece.start_s + (said[-1].end_frame + 1) / _FRAMES_A_SECOND, piece.end_s),
                    text=_text(said),
                    confidence=_MAX_CONFIDENCE * min(posterior, 1.0),
                )


def _lines(words: Iterable[Any]) -> Iterator[list[Any]]:
    """Yields words in runs that fit into one caption, so that each begins when its first word is said."""
    line: list[Any] = []
    for word in words:
        if line and len(_text([*line, word])) > CAPTION_MAX_CHARS:
            yield line
            line = []
        line.append(word)
    yield line


def _text(words: Iterable[Any]) -> str:
    return " ".join(word.word.partition("(")[0] for word in words)


def _is_word(segment: Any) -> bool:
    return segment.word[0] not in "<[+"  # <sil>, [NOISE], ++BREATH++


def _frames(segment: Any) -> int:
    return int(segment.end_frame - segment.start_frame)
