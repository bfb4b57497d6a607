"""How high a sound's channels go from moment to moment: what tells damage that its loudness does not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

__all__ = ["ChannelLevels", "SoundLevels"]

_DECIMALS: Final = 5  # a hundred-thousandth of full scale is -100 dBFS


_LEFT_OF_OPPOSITES: Final = 0.05
"""Share of the power that is left of channels which are taken for opposite; of two unlike ones, half is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLevels:
    """One channel, a value for each window; 1 is full scale, and samples in floating point may go beyond.

    Attributes:
        peak: Highest sample, whatever its sign.
        rms: Root of the mean of the squares.
        mean: Mean of the samples, which is 0 unless something shifts them all.
        flat: Share of the samples, 0..1, that lie on tops as flat as if they had been cut off.
    """

    peak: tuple[float, ...]
    rms: tuple[float, ...]
    mean: tuple[float, ...]
    flat: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLevels:
    """A sound as it was decoded, before anything was done to it; more than two channels mixed down to two.

    Attributes:
        window_s: Seconds that each value is about; the last window may be shorter.
        channels: One or two.
        correlation: How alike the two channels are in each window, -1 (opposite) .. 1 (the same), 0 where either
            is silent; empty for one channel.
    """

    window_s: float
    channels: tuple[ChannelLevels, ...]
    correlation: tuple[float, ...] = ()

    @property
    def cancels_out(self) -> bool:
        """Whether hardly anything is left when the channels are mixed down to one: they are opposite."""
        if len(self.channels) == 1:
            return False
        left, right = (channel.rms for channel in self.channels)
        apart = sum(one**2 + other**2 for one, other in zip(left, right, strict=True))
        common = sum(
            2 * alike * one * other for alike, one, other in zip(self.correlation, left, right, strict=True)
        )
        return apart > 0 and (apart + common) / (2 * apart) < _LEFT_OF_OPPOSITES

    @classmethod
    def from_json(cls, text: str) -> SoundLevels:
        """Reads what to_json() wrote."""
        fields = json.loads(text)
        return cls(
            window_s=fields["window_s"],
            channels=tuple(
                ChannelLevels(**{name: tuple(values) for name, values in channel.items()})
                for channel in fields["channels"]
            ),
            correlation=tuple(fields["correlation"]),
        )

    def to_json(self) -> str:
        """Returns everything as JSON, rounded to what can be heard."""
        fields = {
            "window_s": self.window_s,
            "channels": [
                {name: _rounded(values) for name, values in asdict(channel).items()} for channel in self.channels
            ],
            "correlation": _rounded(self.correlation),
        }
        return json.dumps(fields, separators=(",", ":"))


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [round(value, _DECIMALS) for value in values]
