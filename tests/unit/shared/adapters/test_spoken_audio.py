from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.adapters.spoken_audio import spoken_pieces
from shared.domain.errors import ConfigurationError, TransientError
from shared.ports.speech import SpokenSpan
from shared.testing.sound import write_wav


def write_seconds(path: Path, seconds: int = 10, rate_hz: int = 16_000) -> Path:
    """Writes a sound whose samples tell in which second they are."""
    return write_wav(path, np.repeat(np.arange(seconds), rate_hz), rate_hz=rate_hz)


def seconds_heard(pcm: bytes) -> list[int]:
    return sorted(set(np.frombuffer(pcm, "<i2").tolist()))


def test_only_the_spans_are_cut_out_in_pieces_no_longer_than_allowed(tmp_path: Path) -> None:
    audio = write_seconds(tmp_path / "a.wav")
    spans = [SpokenSpan(start_s=1, end_s=2), SpokenSpan(start_s=4, end_s=9)]
    pieces = list(spoken_pieces(audio, spans, max_s=3))
    assert [(piece.start_s, piece.end_s) for piece in pieces] == [(1, 2), (4, 6.5), (6.5, 9)]
    assert [seconds_heard(piece.pcm) for piece in pieces] == [[1], [4, 5, 6], [6, 7, 8]]


def test_what_lies_beyond_the_end_of_the_sound_is_left_out(tmp_path: Path) -> None:
    spans = [SpokenSpan(start_s=9, end_s=12), SpokenSpan(start_s=11, end_s=12)]
    pieces = list(spoken_pieces(write_seconds(tmp_path / "a.wav"), spans, max_s=30))
    assert [(piece.start_s, piece.end_s) for piece in pieces] == [(9, 10)]


def test_another_format_is_refused(tmp_path: Path) -> None:
    audio = write_seconds(tmp_path / "a.wav", seconds=1, rate_hz=8000)
    with pytest.raises(ConfigurationError, match="wrong_audio_format"):
        list(spoken_pieces(audio, [SpokenSpan(start_s=0, end_s=1)], max_s=30))


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE"])
def test_a_damaged_file_can_be_tried_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(TransientError, match="audio_unreadable"):
        list(spoken_pieces(tmp_path / "a.wav", [SpokenSpan(start_s=0, end_s=1)], max_s=30))
