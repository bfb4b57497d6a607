"""What each encoder is told, and how much time it takes to find smaller files."""

from __future__ import annotations

from typing import Any

from shared.domain.encoding import Codec, Preset, Rung

__all__ = ["codec_options", "encoder_options"]

_PRESETS: dict[Preset, dict[Codec, str | int]] = {
    "fast": {"h264": "superfast", "hevc": "superfast", "av1": 10},
    "balanced": {"h264": "veryfast", "hevc": "veryfast", "av1": 8},
    "small": {"h264": "medium", "hevc": "medium", "av1": 6},
}

_CODECS: dict[Codec, dict[str, Any]] = {
    "h264": {"vcodec": "libx264", "profile:v": "high"},
    "hevc": {
        "vcodec": "libx265",
        "profile:v": "main",
        "tag:v": "hvc1",  # parameter sets in the header alone: Apple's players take nothing else
        "forced-idr": 1,  # a key frame by the clock begins a closed GOP too
        # pools, frame-threads: threads that wait for each other would only take cores from the other rungs.
        # open-gop: a segment must not refer to the one before. log-level: warnings are what the log is for.
        "x265-params": "pools=none:frame-threads=1:open-gop=0:log-level=warning",
    },
    "av1": {
        "vcodec": "libsvtav1",
        # lp: one thread, as above. scd: no key frames at scene cuts. irefresh-type: closed GOPs. force-key-frames:
        # those that are asked for by the clock.
        "svtav1-params": "lp=1:scd=0:irefresh-type=2:force-key-frames=1",
    },
}


def codec_options(codec: Codec, preset: Preset) -> dict[str, Any]:
    """Returns the options of an encoder whatever it encodes."""
    return {**_CODECS[codec], "preset": _PRESETS[preset][codec]}


def encoder_options(rung: Rung, preset: Preset) -> dict[str, Any]:
    """Returns the options of a rung's encoder: its quality, its cap, and that its GOPs are closed."""
    return {
        **codec_options(rung.codec, preset),
        "crf": rung.crf,
        "maxrate": rung.max_bitrate_bps,
        "bufsize": 2 * rung.max_bitrate_bps,  # two seconds, a key frame interval
    }
