"""Measuring how high the channels of a sound go, window by window, while FFmpeg decodes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from shared.domain.media import AudioStream
from shared.domain.sound_levels import ChannelLevels, SoundLevels

if TYPE_CHECKING:  # a fifth of a second that a cold start need not wait for
    import numpy as np
    import numpy.typing as npt

__all__ = ["LevelMeter"]

_WINDOW_S: Final = 0.5
_AUDIBLE: Final = 0.05
"""Peak of a window, -26 dBFS, below which nobody looks for tops that were cut off."""

_TOP: Final = 0.97
"""Share of a window's highest and lowest sample from which a sample belongs to a top."""

_EVEN: Final = 1.5 / 2**15
"""Difference of two samples that were cut off at one level: dither moves the last of 16 bits."""

_SHARP: Final = 6 * _EVEN
"""Step at an edge of what was cut off; into the top of a low tone, the steps become smaller bit by bit."""

_FLAT_S: Final = 7e-5  # and at least four samples: the top of a high tone has two or three

_MOST: Final = 100.0  # 40 dB above full scale


class LevelMeter:
    """Takes a sound as its stream has it: neither its rate is changed, which would round flat tops, nor its level.

    Args:
        stream: The source's stream; more than two channels are mixed down to two.
        target: What FFmpeg calls the pipe that the sound comes through.
    """

    def __init__(self, stream: AudioStream, target: str) -> None:
        self._rate_hz = stream.sample_rate_hz
        self._channels = min(stream.channels, 2)
        self._target = target
        self._window = round(_WINDOW_S * self._rate_hz)
        self._rest = bytearray()
        self._measured: list[list[tuple[float, ...]]] = [[] for _ in range(self._channels)]
        self._correlation: list[float] = []

    def output(self, sound: Any) -> Any:
        """Returns the output that a sound is measured by."""
        timed = sound.filter(
            "aresample",
            self._rate_hz,
            first_pts=0,  # time 0 is the source's, as everywhere
            ochl="mono" if self._channels == 1 else "stereo",
            osf="flt",
            rematrix_maxval=1,
        )
        return timed.output(self._target, format="f32le", acodec="pcm_f32le")

    def take(self, chunk: bytes) -> None:
        """Takes some of the sound."""
        self._rest += chunk
        whole_bytes = self._window * self._channels * 4
        while len(self._rest) >= whole_bytes:
            self._measure(bytes(self._rest[:whole_bytes]))
            del self._rest[:whole_bytes]

    def levels(self) -> SoundLevels:
        """Returns what was measured, once all has been taken."""
        whole_bytes = len(self._rest) // (4 * self._channels) * 4 * self._channels
        if whole_bytes:
            self._measure(bytes(self._rest[:whole_bytes]))
        self._rest.clear()
        return SoundLevels(
            window_s=_WINDOW_S,
            channels=tuple(
                ChannelLevels(**dict(zip(ChannelLevels.__slots__, values, strict=True)))
                for values in (tuple(zip(*measured, strict=True)) or ((),) * 4 for measured in self._measured)
            ),
            correlation=tuple(self._correlation),
        )

    def _measure(self, data: bytes) -> None:
        import numpy as np  # a cold start need not wait for it

        samples = np.frombuffer(data, "<f4").reshape(-1, self._channels).T
        # Files in floating point may hold what is no number, and numbers whose square is none.
        samples = np.clip(np.nan_to_num(samples), -_MOST, _MOST)
        squares = np.einsum("cn,dn->cd", samples, samples)
        for number, channel in enumerate(samples):
            highest, lowest = float(channel.max()), float(channel.min())
            audible = max(highest, -lowest) >= _AUDIBLE
            self._measured[number].append(
                (
                    max(highest, -lowest),
                    math.sqrt(squares[number, number] / len(channel)),
                    float(channel.mean()),
                    self._flat(channel, highest, lowest) if audible else 0.0,
                )
            )
        if self._channels == 2:
            alone = math.sqrt(squares[0, 0] * squares[1, 1])
            self._correlation.append(float(squares[0, 1] / alone) if alone > 0 else 0.0)

    def _flat(self, channel: npt.NDArray[np.float32], highest: float, lowest: float) -> float:
        """Returns the share of samples on flat tops."""
        import numpy as np

        top = (channel >= _TOP * highest) if highest > 0 else np.zeros(len(channel), bool)
        if lowest < 0:
            top |= channel <= _TOP * lowest
        steps = np.abs(np.diff(channel))
        even = (steps <= _EVEN) & top[1:] & top[:-1]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], even, [0]])))
        firsts, ends = edges[::2], edges[1::2]
        around = np.concatenate([[0.0], steps, [0.0]])
        sharp = np.maximum(around[firsts], around[ends + 1]) >= _SHARP
        long = ends - firsts >= max(math.ceil(_FLAT_S * self._rate_hz), 4) - 1
        return float((ends - firsts + 1)[sharp & long].sum() / len(channel))
