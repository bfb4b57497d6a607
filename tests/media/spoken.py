"""Speech with known words at known times, by espeak-ng and flite."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tests.media.sounds import RATE_HZ, Samples, at_level
from tests.requirement import missing

__all__ = ["SENTENCES", "Talk", "says", "talk", "word_errors"]

SENTENCES: Final = (
    "The weather was fine and the children played in the garden.",
    "We will open the new store at the end of the month.",
    "Please send the report to my office before noon.",
    "The train to the city leaves every morning at eight.",
    "She wrote a long letter to her brother in the army.",
    "Most people drink coffee or tea with their breakfast.",
    "The company has sold more than two million cars this year.",
    "He could not find the right answer to the question.",
    "There is a small house near the river behind the old church.",
    "Our team won the last game of the season by three points.",
)

_EDGE_DBFS: Final = -50.0
_EDGE_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Sentences with pauses between them.

    Attributes:
        samples: The sound, 16 kHz.
        spans_s: When each sentence is heard, from its first sound to its last.
        text: All words.
    """

    samples: Samples
    spans_s: Sequence[tuple[float, float]]
    text: str


def says(text: str, folder: Path, voice: str = "en-us") -> Samples:
    """Returns a text as it is said, without the silence around it, at -20 dBFS.

    Args:
        text: What to say.
        folder: Where to write temporary files.
        voice: One of espeak-ng, whose voices are all synthetic; with ``flite:`` before it one of flite, whose
            voices are made of recordings of people.
    """
    raw = folder / "said.wav"
    if voice.startswith("flite:"):
        command = [_program("flite"), "-voice", voice.removeprefix("flite:"), "-t", text, "-o", str(raw)]
    else:
        command = [_program("espeak-ng"), "-v", voice, "-s", "150", "-w", str(raw), text]
    subprocess.run(command, check=True, timeout=60)
    with wave.open(str(raw)) as file:
        rate_hz = file.getframerate()
        said = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    window = round(_EDGE_S * rate_hz)
    levels = np.sqrt(np.mean(said[: len(said) // window * window].reshape(-1, window) ** 2, axis=1))
    loud = np.flatnonzero(levels > 10 ** (_EDGE_DBFS / 20))
    return at_level(_at_rate(said[loud[0] * window : (loud[-1] + 1) * window], rate_hz), -20)


def talk(
    folder: Path, sentences: Sequence[str] = SENTENCES, *, voice: str = "en-us", pause_s: float = 1.5
) -> Talk:
    """Returns sentences with pauses before, between and after them."""
    pause = np.zeros(round(pause_s * RATE_HZ))
    parts, spans_s, at_s = [pause], [], pause_s
    for sentence in sentences:
        said = says(sentence, folder, voice)
        spans_s.append((at_s, at_s + len(said) / RATE_HZ))
        parts += [said, pause]
        at_s = spans_s[-1][1] + pause_s
    return Talk(samples=np.concatenate(parts), spans_s=spans_s, text=" ".join(sentences))


def word_errors(said: str, heard: str) -> float:
    """Returns the word error rate: how many were taken for others, left out or added, for each that was said."""
    one, other = (_words(text) for text in (said, heard))
    row = list(range(len(other) + 1))
    for number, word in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, guess in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (word != guess))
    return row[-1] / len(one)


def _words(text: str) -> list[str]:
    return "".join(char for char in text.lower() if char.isalpha() or char in " '").split()


def _program(name: str) -> str:
    return shutil.which(name) or missing(f"{name}, of Debian's package of that name, is not installed")


def _at_rate(samples: Samples, rate_hz: int) -> Samples:
    """Returns sound at 16 kHz: its spectrum cut off there."""
    length = round(len(samples) * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return np.fft.irfft(spectrum, length) * (length / len(samples))
